"""What travels: Converse as JSON. Bytes become base64 and back, nothing else changes."""

import base64
import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from cost_sentry.adapters.converse_codec import decode_base64
from cost_sentry.adapters.converse_shapes import is_document, members_of, response_shape

REQUEST_BYTES_MAX = 256 * 1024
"""Of the input of one Step Functions execution (service quotas, "Maximum input or output size")."""

_DEPTH_MAX = 100


class Unsendable(Exception):  # noqa: N818 - it becomes the rejection that the caller gets
    """The request cannot leave this machine: the field, what is wrong, what is allowed."""

    def __init__(self, field: str, problem: str, allowed: str) -> None:
        self.error = {"field": field, "problem": problem, "allowed": allowed}
        super().__init__(f"{field}: {problem}; allowed: {allowed}")


def to_payload(request: Mapping[str, Any]) -> str:
    """The execution's input; ``Unsendable`` if it is too large or holds what JSON has no word for.

    Takes what boto3 takes: bytes, bytearrays and open binary files for content, numbers including
    ``Decimal`` for documents.
    """
    payload = json.dumps(_plain(request, "", 0), ensure_ascii=False, separators=(",", ":"))
    try:
        size = len(payload.encode())
    except UnicodeEncodeError:
        raise Unsendable("request", "its text holds half a character", "valid Unicode") from None
    if size > REQUEST_BYTES_MAX:
        raise Unsendable(
            "request",
            f"it is {size} bytes as JSON",
            f"at most {REQUEST_BYTES_MAX} bytes (256 KiB) in all, the limit of a Step Functions"
            " execution; images and documents grow by a third as base64",
        )
    return payload


def from_payload(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What the workflow answered as boto3 would have returned it: base64 text as bytes."""
    return {name: _typed(shape, answer[name]) for name, shape in _members(answer)}


def _members(answer: Mapping[str, Any]) -> list[tuple[str, Shape]]:
    return [(n, shape) for n, shape in members_of(response_shape()).items() if n in answer]


def _typed(shape: Shape, value: Any) -> Any:  # noqa: ANN401 - JSON is any of these
    if value is None or is_document(shape):
        return value
    match shape:
        case StructureShape():
            members = members_of(shape)
            return {n: _typed(members[n], v) for n, v in value.items() if n in members}
        case ListShape():
            return [_typed(shape.member, item) for item in value]
        case MapShape():
            return {key: _typed(shape.value, item) for key, item in value.items()}
    return decode_base64(value) if shape.type_name == "blob" else value


def to_json(value: Any) -> Any:  # noqa: ANN401 - JSON is any of these
    """A response as JSON: bytes as base64 text."""
    return _plain(value, "", 0)


def _plain(value: Any, field: str, depth: int) -> Any:  # noqa: ANN401 - JSON is any of these
    if depth > _DEPTH_MAX:
        raise Unsendable(field[:80], "it is nested too deep", f"at most {_DEPTH_MAX} levels")
    match value:
        case str() | bool() | int() | None:
            return value
        case float() | Decimal():
            return _number(value, field)
        case bytes() | bytearray() | memoryview():
            return base64.b64encode(value).decode()
        case Mapping():
            return {
                str(k): _plain(v, f"{field}.{k}".lstrip("."), depth + 1) for k, v in value.items()
            }
        case list() | tuple():
            return [_plain(item, f"{field}[{i}]", depth + 1) for i, item in enumerate(value)]
    if callable(getattr(value, "read", None)):
        return base64.b64encode(value.read()).decode()
    raise Unsendable(field, f"it is a {type(value).__name__}", "what JSON can hold, or bytes")


def _number(value: float | Decimal, field: str) -> int | float:
    if not math.isfinite(value):
        raise Unsendable(field, f"it is {value}", "a finite number")
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    return float(value)
