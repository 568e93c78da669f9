"""Converse's answer on the wire."""

from typing import Any

from cost_sentry_local.stand_in.faults import FaultKind
from cost_sentry_local.stand_in.provider import Result

Json = dict[str, Any]


def converse_answer(request: Json, result: Result) -> Json:
    """The body that Converse returns; ``usage`` is missing only when a fault says so."""
    body: Json = {
        "output": {"message": {"role": "assistant", "content": result.answer.content}},
        "stopReason": result.answer.stop_reason,
        "usage": result.usage.to_json(),
        "metrics": {"latencyMs": int(result.seconds * 1000) + 1},
    }
    for passed in ("performanceConfig", "serviceTier"):
        if passed in request:
            body[passed] = request[passed]
    if result.guarded and (request.get("guardrailConfig") or {}).get("trace") == "enabled":
        body["trace"] = {"guardrail": {"actionReason": "Guardrail blocked."}}
    if result.fault and result.fault.kind is FaultKind.NO_USAGE:
        del body["usage"]
    return body
