"""What a request may tell the stand-in itself, in ``additionalModelRequestFields.standIn``."""

from dataclasses import dataclass
from typing import Any

from cost_sentry_local.stand_in.errors import invalid
from cost_sentry_local.stand_in.faults import Fault, fault_from_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """Token counts to replay, a fault for this call alone, and how long the model takes."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    latency_seconds: float = 0.0
    fault: Fault | None = None


def control_of(request: dict[str, Any]) -> Control:
    """Read ``standIn``; absent means nothing special.

    Raises:
        BedrockError: ValidationException, if it is malformed.
    """
    fields = (request.get("additionalModelRequestFields") or {}).get("standIn") or {}
    fault = fields.get("fault")
    try:
        return Control(
            input_tokens=_count(fields, "inputTokens"),
            output_tokens=_count(fields, "outputTokens"),
            latency_seconds=(_count(fields, "latencyMs") or 0) / 1000,
            fault=fault_from_json({"kind": fault} if isinstance(fault, str) else fault)
            if fault
            else None,
        )
    except ValueError as problem:
        raise invalid(f"standIn: {problem}") from problem


def _count(fields: dict[str, Any], name: str) -> int | None:
    value = fields.get(name)
    if value is None:
        return None
    # Numbers that passed through JSONata may arrive as whole floats.
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise ValueError(f"{name} is {value!r}; allowed are whole numbers from 0")
    if value < 0:
        raise ValueError(f"{name} is {value!r}; allowed are whole numbers from 0")
    return int(value)
