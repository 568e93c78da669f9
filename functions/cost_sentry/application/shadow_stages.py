"""Stages of budgets in shadow mode: what they would change of a call. They change nothing.

They are read by the same question as those in force, and told as the budgets' shortage is.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cost_sentry.application.budget_levels import Level, stage_of
from cost_sentry.application.candidates import listed_model
from cost_sentry.application.shadow_notes import known_first
from cost_sentry.application.why_allowed import Advice
from cost_sentry.domain.budget import MODEL_TAG
from cost_sentry.domain.decision import DecisionKind
from cost_sentry.domain.invocation import InvocationRequest, Priority
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.policy import PolicyNote
from cost_sentry.domain.reservation import Reservation
from cost_sentry.domain.sentry_config import SentryConfig


class _Call(NamedTuple):
    request: InvocationRequest
    model_id: str
    """That is called."""
    has_others: bool
    """It comes first, and others may stand in for it."""
    can_be_shorter: bool
    """Its output limit is above the lowest, and nobody lowered it."""


def with_stages(
    notes: Iterable[PolicyNote],
    held: Reservation,
    asked: int,
    advice: Advice,
    config: SentryConfig,
    *,
    floor: int,
) -> list[PolicyNote]:
    """What budgets in shadow mode say of a call that is held, and what their stages would change.

    Args:
        notes: what they say of their money; that one would refuse the call is all that counts.
        held: for the model that is called.
        asked: its output limit, in tokens.
        advice: with the stages.
        config: has the ladder of the model.
        floor: the lowest that may be sent.
    """
    stages, route = advice.stages, advice.route
    if not stages.tried:
        return list(notes)
    listed = listed_model(config, held.model_used)
    later = len(route.order) > 1 if route else bool(listed and listed.ladder)
    call = _Call(
        request=stages.request,
        model_id=held.model_used,
        has_others=later and held.decision == DecisionKind.ALLOW,
        can_be_shorter=floor < asked == held.output_limit_tokens,
    )
    return known_first((*notes, *_told(stages.tried, call)))


def _told(levels: Iterable[Level], call: _Call) -> Iterator[PolicyNote]:
    base = base_model_id(call.model_id)
    for level in levels:
        would = _would(level, call) if level.budget.scope.get(MODEL_TAG, base) == base else ""
        if would:
            sentence = f"Budget {level.budget.id}, {level.percent} % spent, would {would}."
            yield PolicyNote(policy_id=level.budget.id, model_id=call.model_id, sentence=sentence)


def _would(level: Level, call: _Call) -> str:
    stage, found = stage_of((level,)), []
    if stage.critical_only and call.request.priority is not Priority.CRITICAL:
        return "keep this model for calls of priority critical"
    if stage.prefer_ladder and call.has_others:
        found.append("try others first that cost less")
    if stage.lower_output and call.can_be_shorter and call.request.lower_output_limit:
        found.append("make the answer shorter")
    return ", and ".join(found)
