"""Answers as bytes: whole, broken off, or none."""

import json
import uuid
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from cost_sentry_local.stand_in.errors import BedrockError
from cost_sentry_local.stand_in.faults import Fault, FaultKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A status, a JSON body, further headers, and the fault that spoils it."""

    body: Any
    status: int = HTTPStatus.OK
    headers: dict[str, str] = field(default_factory=dict)
    fault: Fault | None = None


def error_reply(error: BedrockError) -> Reply:
    """Bedrock's error as a reply."""
    headers = {"x-amzn-ErrorType": error.name}
    return Reply(body={"message": error.message}, status=error.status, headers=headers)


def send(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    """Put a reply on the wire in one write: two would cost a delayed acknowledgement of 40 ms."""
    kind = reply.fault.kind if reply.fault else None
    if kind is FaultKind.DISCONNECT:
        handler.close_connection = True
        return
    content = json.dumps(reply.body, ensure_ascii=False).encode()
    handler.send_response(reply.status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(content)))
    handler.send_header("x-amzn-RequestId", str(uuid.uuid4()))
    for name, value in reply.headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    if kind is FaultKind.BREAK:
        handler.close_connection = True
        content = content[: len(content) // 2]
    handler.wfile.write(content)
    handler.wfile.flush()
