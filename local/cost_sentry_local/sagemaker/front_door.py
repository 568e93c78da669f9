"""The stand-in's HTTP server: two services by their target, SageMaker Runtime by its path."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote

from cost_sentry_local.loopback_server import LoopbackServer
from cost_sentry_local.sagemaker.api import Api
from cost_sentry_local.sagemaker.control import Control
from cost_sentry_local.sagemaker.errors import SageMakerError
from cost_sentry_local.sagemaker.metering import Metering, Publish, publish_to_cloudwatch
from cost_sentry_local.sagemaker.runtime import Invocation, invoke

_INVOCATIONS = re.compile(r"/endpoints/(?P<endpoint>[^/]+)/invocations")
_CONTROL = "/_stand_in/"
_JSON = "application/x-amz-json-1.1"
_OK, _BAD_REQUEST = 200, 400

Headers = dict[str, str]


class SageMakerServer(LoopbackServer):
    """With what it knows, and its metering."""

    def __init__(self, port: int, publish: Publish | None = None) -> None:
        super().__init__(port, _Handler)
        self.api = Api()
        self.metering = Metering(self.api.world, publish or publish_to_cloudwatch(), self.api.lock)
        self.control = Control(self.api, self.metering)
        threading.Thread(target=self.metering.run, daemon=True, name="metering").start()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: SageMakerServer

    def do_POST(self) -> None:
        """The services' operations, and the stand-in's orders."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith(_CONTROL):
            return self._order("POST", body)
        try:
            return self._answer(body)
        except SageMakerError as error:
            headers = {"x-amzn-ErrorType": error.code}
            return self._send(error.status, _bytes(error.to_json()), _JSON, headers)

    def do_GET(self) -> None:
        """What the stand-in knows."""
        self._order("GET", b"")

    def do_DELETE(self) -> None:
        """Forget."""
        self._order("DELETE", b"")

    def log_message(self, *_args: Any) -> None:  # noqa: ANN401 - the base class's own signature
        """Log nothing: a prompt must never be logged."""

    def _answer(self, body: bytes) -> None:
        api = self.server.api
        route = _INVOCATIONS.fullmatch(self.path)
        if route is None:
            told = api.answer(self.headers.get("X-Amz-Target", ""), body)
            return self._send(_OK, b"" if told is None else _bytes(told), _JSON, {})
        invocation = Invocation(
            endpoint=unquote(route["endpoint"]),
            component=self.headers.get("X-Amzn-SageMaker-Inference-Component"),
            content_type=self.headers.get("Content-Type", ""),
            body=body,
        )
        answered = invoke(api.world, invocation, api.lock)
        headers = {"x-Amzn-Invoked-Production-Variant": answered.variant}
        return self._send(_OK, answered.body, "application/json", headers)

    def _order(self, method: str, body: bytes) -> None:
        try:
            told = self.server.control.order(method, self.path.removeprefix(_CONTROL), body)
        except (ValueError, SageMakerError) as problem:
            told = {"message": str(problem)}
            return self._send(_BAD_REQUEST, _bytes(told), "application/json", {})
        return self._send(_OK, _bytes(told), "application/json", {})

    def _send(self, status: int, content: bytes, kind: str, headers: Headers) -> None:
        """One write: two would cost a delayed acknowledgement of 40 ms."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()


def _bytes(told: object) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode()
