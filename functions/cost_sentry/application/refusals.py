"""Refusals: what is said of a request that gets no reservation."""

from dataclasses import replace
from datetime import datetime

from cost_sentry.application.candidate_tries import CandidateTries
from cost_sentry.application.policy_check import PolicyCheck
from cost_sentry.application.ports import Shortage
from cost_sentry.application.refusal_words import why_exhausted
from cost_sentry.application.retry_after import retry_after_seconds
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.decision import BudgetView, Decision, DecisionKind, ReasonCode
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.reservation import Reservation
from cost_sentry.domain.sentry_config import SentryConfig


def rejection(request: InvocationRequest, code: ReasonCode, message: str) -> Decision:
    """A refusal before any budget was asked."""
    return Decision(
        kind=DecisionKind.REJECT,
        code=code,
        message=message,
        request_id=request.request_id,
        model_asked=request.model_id,
        tags=request.tags,
        ignored_tags=request.ignored_tags,
    )


def forbidden(request: InvocationRequest, tries: CandidateTries, check: PolicyCheck) -> Decision:
    """No model that could serve the request is permitted."""
    which = "that may serve it" if tries.is_routed else "of its ladder"
    others = f"; no model {which} is permitted" if len(tries.rungs) > 1 else ""
    message = f"{check.why()}{others}"
    decision = rejection(request, ReasonCode.FORBIDDEN_BY_POLICY, message)
    return replace(decision, rungs=tuple(tries.rungs), uncounted=tuple(tries.bounds.uncounted))


def exhausted(
    request: InvocationRequest, config: SentryConfig, tries: CandidateTries, now: datetime
) -> Decision:
    """The refusal names the budget that cannot pay for the model that was asked for."""
    shortage = tries.first_short.why
    budget = next(b for b in config.budgets if b.id == shortage.hold.budget_id)
    message = why_exhausted(request, budget, tries)
    decision = rejection(request, ReasonCode.BUDGET_EXHAUSTED, message)
    return replace(
        decision,
        budgets=short_views(request, config, tries),
        retry_after_seconds=retry_after_seconds(tries, {b.id: b for b in config.budgets}, now),
        rungs=tuple(tries.rungs),
        uncounted=tuple(tries.bounds.uncounted),
    )


def views_before(
    budgets: tuple[Budget, ...], asked: Reservation, shortage: Shortage
) -> tuple[BudgetView, ...]:
    """Every budget of a call that was refused; only the one that refused it says what is left."""
    resets = {b.id: b.resets_at(asked.reserved_at) for b in budgets}
    views = []
    for hold in asked.holds:
        binding = hold.budget_id == shortage.hold.budget_id
        views.append(
            BudgetView(
                budget_id=hold.budget_id,
                window_id=hold.window_id,
                unit=hold.unit,
                limit=shortage.remaining.limit if binding else None,
                left=shortage.remaining.left if binding else None,
                left_as_of=shortage.remaining.as_of if binding else None,
                needed=hold.amount,
                resets_at=resets.get(hold.budget_id),
                binding=binding,
            )
        )
    return tuple(views)


def short_views(
    request: InvocationRequest, config: SentryConfig, tries: CandidateTries
) -> tuple[BudgetView, ...]:
    """The budgets of the model that was refused first for want of money; none if none was."""
    if not tries.short:
        return ()
    asked, why = tries.first_short.asked, tries.first_short.why
    budgets = config.budgets_of(request.tags, base_model_id(asked.model_used))
    return views_before(budgets, asked, why)


def short_view(
    request: InvocationRequest, config: SentryConfig, tries: CandidateTries
) -> BudgetView | None:
    """The budget that could not pay for the asked model; ``None`` if each could."""
    if not tries.short or tries.first_short.candidate.decision is not DecisionKind.ALLOW:
        return None
    views = short_views(request, config, tries)
    return next((view for view in views if view.binding), None)
