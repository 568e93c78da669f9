"""What a request may tell the stand-in itself: entries of ``requestMetadata`` named ``standIn.…``.

Metadata is for logs and for no model, so that such a request can still go to any of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cost_sentry_local.stand_in.errors import invalid
from cost_sentry_local.stand_in.faults import Fault, fault_from_json

_PREFIX = "standIn."
_ORDERS = ("inputTokens", "outputTokens", "latencyMs", "fault")


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """Token counts to replay, a fault for this call alone, and how long the model takes."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    latency_seconds: float = 0.0
    fault: Fault | None = None


def orders(**given: int | str) -> dict[str, str]:
    """Entries of ``requestMetadata`` for these orders, such as ``outputTokens=5``."""
    return {_PREFIX + name: str(value) for name, value in given.items()}


def control_of(request: Mapping[str, Any]) -> Control:
    """Read the orders; none means nothing special.

    Raises:
        BedrockError: ValidationException, if one is malformed or unknown.
    """
    try:
        given = _given(request.get("requestMetadata"))
        return Control(
            input_tokens=_count(given, "inputTokens"),
            output_tokens=_count(given, "outputTokens"),
            latency_seconds=(_count(given, "latencyMs") or 0) / 1000,
            fault=fault_from_json({"kind": given["fault"]}) if "fault" in given else None,
        )
    except ValueError as problem:
        raise invalid(f"standIn: {problem}") from problem


def _given(metadata: object) -> dict[str, str]:
    entries = metadata.items() if isinstance(metadata, Mapping) else ()
    given = {
        str(name).removeprefix(_PREFIX): str(value)
        for name, value in entries
        if str(name).startswith(_PREFIX)
    }
    if unknown := sorted(given.keys() - set(_ORDERS)):
        raise ValueError(f"unknown order {unknown[0]!r}; allowed are {', '.join(_ORDERS)}")
    return given


def _count(given: Mapping[str, str], name: str) -> int | None:
    value = given.get(name)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit()):
        raise ValueError(f"{name} is {value!r}; allowed are whole numbers from 0")
    return int(value)
