"""To ask the ledger for a request id without holding anything."""

from datetime import datetime

from cost_sentry.domain.budget import Unit
from cost_sentry.domain.decision import Decision, DecisionKind, ReasonCode
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.reservation import Reservation

SAID_BY_THE_LEDGER = frozenset({ReasonCode.BUDGET_EXHAUSTED, ReasonCode.REQUEST_ID_REUSED})
"""Refusals of an id that was looked for, but for those of an agent that is too deep."""


def must_be_asked_first(decision: Decision) -> bool:
    """Whether it is a refusal although nobody knows yet if the id was answered before (P5)."""
    is_too_deep = any(view.binding and view.unit is Unit.DEPTH for view in decision.budgets)
    is_unasked = is_too_deep or decision.code not in SAID_BY_THE_LEDGER
    return decision.kind is DecisionKind.REJECT and is_unasked


def inquiry(request: InvocationRequest, attempt: str, now: datetime) -> Reservation:
    """A reservation of nothing: who asks, for which id, with what content."""
    return Reservation(
        request_id=request.request_id,
        account=request.account,
        attempt=attempt,
        digest=request.digest,
        decision=DecisionKind.REJECT.value,
        model_asked=request.model_id,
        model_used=request.model_id,
        price_version="",
        input_bound_tokens=0,
        output_limit_tokens=0,
        quote_picodollars=0,
        holds=(),
        tags=request.tags,
        priority=request.priority.value,
        reserved_at=now,
        expires_at=now,
    )
