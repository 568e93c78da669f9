"""The small calls that rules are shown with."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cost_sentry_local.demo.answers import Answer
from cost_sentry_local.demo.traffic import Caller
from cost_sentry_local.demo.workload import PlannedCall, plan_call

Calls = tuple[tuple[str, Answer], ...]
"""In order, each with what it is; like ones have one name."""
_TAGS = {"project": "demo", "environment": "production", "taskType": "chat"}
_SMALL_CALL = (60, 20)


def plan(
    name: str, caller: Caller, *, stand_in: Mapping[str, str] | None = None, **tags: str
) -> PlannedCall:
    """One call with the tags that the rules ask for."""
    return plan_call(
        request_id=f"demo-rule-{name}",
        caller=caller,
        tokens=_SMALL_CALL,
        tags={**_TAGS, **tags},
        stand_in=dict(stand_in or {}),
    )


def with_members(planned: PlannedCall, members: Mapping[str, Any]) -> PlannedCall:
    """The call with other members; ``requestMetadata`` stays, for it is part of the question."""
    return replace(planned, input={**planned.input, **members})
