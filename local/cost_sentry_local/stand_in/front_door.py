"""The stand-in's HTTP server: Bedrock Runtime's paths, and a control of its own."""

import base64
import json
import re
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote

from cost_sentry_local.loopback_server import LoopbackServer
from cost_sentry_local.stand_in.converse import converse_answer
from cost_sentry_local.stand_in.errors import BedrockError, invalid
from cost_sentry_local.stand_in.faults import fault_from_json
from cost_sentry_local.stand_in.invoke_model import converse_request, native_answer
from cost_sentry_local.stand_in.metering import Metering, publish_to_cloudwatch
from cost_sentry_local.stand_in.provider import Provider
from cost_sentry_local.stand_in.wire import Reply, error_reply, send

_ROUTE = re.compile(r"/model/(?P<model>.+)/(?P<operation>converse|invoke|count-tokens)")

_PROFILES = "/inference-profiles"


class BedrockServer(LoopbackServer):
    """With what it knows, and its metering."""

    def __init__(self, port: int) -> None:
        super().__init__(port, _Handler)
        self.provider = Provider()
        self.metering = Metering(publish_to_cloudwatch())
        self.provider.calls.listener = self.metering.saw
        threading.Thread(target=self.metering.run, daemon=True, name="metering").start()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: BedrockServer

    def do_POST(self) -> None:
        """Bedrock's operations, and setting a fault."""
        body = self._body()
        if self.path == "/_stand_in/faults":
            return send(self, _set_fault(self.server.provider, body))
        if self.path == "/_stand_in/metric-lag":
            return send(self, _set_lag(self.server.metering, body))
        try:
            if self.path == _PROFILES:
                made = self.server.provider.profiles.create(_json(body))
                return send(self, Reply(body=made, status=HTTPStatus.CREATED))
            reply = _bedrock(self.server.provider, unquote(self.path), body)
        except BedrockError as error:
            reply = error_reply(error)
        return send(self, reply)

    def do_GET(self) -> None:
        """A profile; faults to come, calls made, and a sign of life."""
        provider = self.server.provider
        if self.path.startswith(f"{_PROFILES}/"):
            return send(self, _profile(provider, self.path))
        return send(self, _listed(provider, self.path))

    def do_DELETE(self) -> None:
        """Forget faults or calls."""
        provider = self.server.provider
        match self.path:
            case "/_stand_in/faults":
                provider.faults.clear()
            case "/_stand_in/calls":
                provider.calls.clear()
                self.server.metering.clear()
        send(self, Reply(body={}))

    def log_message(self, *_args: Any) -> None:  # noqa: ANN401 - the base class's own signature
        """Log nothing: a request line is noise, and a prompt must never be logged."""

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))


def _profile(provider: Provider, path: str) -> Reply:
    try:
        return Reply(body=provider.profiles.get(unquote(path.removeprefix(f"{_PROFILES}/"))))
    except BedrockError as error:
        return error_reply(error)


def _bedrock(provider: Provider, path: str, body: bytes) -> Reply:
    route = _ROUTE.fullmatch(path)
    if route is None:
        raise BedrockError("ResourceNotFoundException", f"There is no operation at {path}.")
    model, request = route["model"], _json(body)
    match route["operation"]:
        case "converse":
            provider.last_request = _with_model(model, request)
            result = provider.run(model, "Converse", request)
            return Reply(body=converse_answer(request, result), fault=result.fault)
        case "invoke":
            return _invoke(provider, model, request)
        case _:
            return Reply(
                body={"inputTokens": provider.count(model, _counted(provider, model, request))}
            )


def _with_model(model: str, request: object) -> dict[str, Any] | None:
    return {"modelId": model, **request} if isinstance(request, dict) else None


def _invoke(provider: Provider, model: str, request: object) -> Reply:
    family = provider.model(model).family
    result = provider.run(model, "InvokeModel", converse_request(family, request))
    headers = {
        "X-Amzn-Bedrock-Input-Token-Count": str(result.usage.input),
        "X-Amzn-Bedrock-Output-Token-Count": str(result.usage.output),
    }
    return Reply(body=native_answer(family, result), headers=headers, fault=result.fault)


def _counted(provider: Provider, model: str, request: object) -> object:
    match request:
        case {"input": {"converse": converse}}:
            return converse
        case {"input": {"invokeModel": {"body": str(encoded)}}}:
            return converse_request(provider.model(model).family, _json(base64.b64decode(encoded)))
        case _:
            raise invalid("The input field must hold either converse or invokeModel.")


def _json(body: bytes) -> Any:  # noqa: ANN401 - whatever the client sent
    try:
        return json.loads(body)
    except ValueError as problem:
        raise BedrockError("ValidationException", "The request body is not JSON.") from problem


def _set_fault(provider: Provider, body: bytes) -> Reply:
    try:
        provider.faults.add(fault_from_json(json.loads(body)))
    except ValueError as problem:
        return Reply(body={"message": str(problem)}, status=HTTPStatus.BAD_REQUEST)
    return Reply(body={"faults": provider.faults.listed()})


def _set_lag(metering: Metering, body: bytes) -> Reply:
    try:
        metering.set_lag(float(json.loads(body)["seconds"]))
    except (ValueError, KeyError, TypeError) as problem:
        return Reply(body={"message": str(problem)}, status=HTTPStatus.BAD_REQUEST)
    return Reply(body={"seconds": metering.lag_seconds})


def _listed(provider: Provider, path: str) -> Reply:
    match path:
        case "/_stand_in/health":
            return Reply(body={"status": "ok"})
        case "/_stand_in/faults":
            return Reply(body={"faults": provider.faults.listed()})
        case "/_stand_in/calls":
            return Reply(body=provider.calls.to_json())
        case "/_stand_in/last-request":
            return Reply(body={"request": provider.last_request})
        case _:
            return Reply(body={"message": "not found"}, status=HTTPStatus.NOT_FOUND)
