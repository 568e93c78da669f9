"""A model endpoint on 127.0.0.1 that answers as told and counts how often it was asked."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ANSWER: dict[str, Any] = {
    "output": {"message": {"role": "assistant", "content": [{"text": "Because."}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 5, "outputTokens": 2, "totalTokens": 7},
    "metrics": {"latencyMs": 1},
}


@dataclass
class ModelServer:
    """What the next calls get, and what the last ones sent."""

    url: str = ""
    status: int = 200
    error_code: str = ""
    body: bytes = json.dumps(ANSWER).encode()
    length_claimed: int | None = None
    hangs_up: bool = False
    stalls_until: threading.Event | None = None
    received: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def fails(self, status: int, code: str, message: str = "no") -> None:
        self.status, self.error_code = status, code
        self.body = json.dumps({"message": message}).encode()


@contextmanager
def model_server() -> Iterator[ModelServer]:
    told = ModelServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            told.received.append(json.loads(self.rfile.read(size)))
            told.paths.append(self.path)
            if told.stalls_until:
                told.stalls_until.wait(30)
            if told.hangs_up:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(told.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(told.length_claimed or len(told.body)))
            if told.error_code:
                self.send_header("x-amzn-errortype", told.error_code)
            self.end_headers()
            self.wfile.write(told.body)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """The test says what it needs to."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    told.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield told
    finally:
        if told.stalls_until:
            told.stalls_until.set()
        server.shutdown()
        server.server_close()
