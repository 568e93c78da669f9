"""What came back from one execution."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cost_sentry_local.demo.workload import PlannedCall


class Outcome(StrEnum):
    """How a call ended, for its caller. Exactly one of them each."""

    ALLOWED = "allowed"
    REROUTED = "rerouted"
    REJECTED = "rejected"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One finished execution."""

    call: PlannedCall
    outcome: Outcome
    sentry: Mapping[str, Any]
    """Empty if the answer holds none, which breaks promise P8."""
    response: Mapping[str, Any]
    """Converse's answer beside it; empty for refusals and failures."""
    error: str | None
    """The name of the failure."""
    seconds: float


def read_answer(call: PlannedCall, execution: Mapping[str, Any], seconds: float) -> Answer:
    """From what ``StartSyncExecution`` returned."""
    if execution["status"] != "SUCCEEDED":
        cause = _json(execution.get("cause", ""))
        return Answer(
            call=call,
            outcome=Outcome.FAILED,
            sentry=cause.get("sentry") or {},
            response={},
            error=execution.get("error") or execution["status"],
            seconds=seconds,
        )
    response = _json(execution["output"])
    sentry = response.pop("sentry", None) or {}
    return Answer(
        call=call,
        outcome=_outcome(sentry),
        sentry=sentry,
        response=response,
        error=None,
        seconds=seconds,
    )


def _outcome(sentry: Mapping[str, Any]) -> Outcome:
    match sentry.get("decision"):
        case "ALLOW":
            return Outcome.ALLOWED
        case "REROUTE":
            return Outcome.REROUTED
        case _:
            return Outcome.REJECTED


def _json(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
