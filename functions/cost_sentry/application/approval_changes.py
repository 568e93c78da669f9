"""How requests for more change by themselves: by the clock, or because something else changed."""

from datetime import datetime

from cost_sentry.application.approval_terms import terms_of
from cost_sentry.domain.approval import Approval, ApprovalState, changed_terms
from cost_sentry.domain.sentry_config import SentryConfig

THE_SENTRY = "cost-sentry"
"""Who changed a request that nobody changed."""


def over_by_itself(
    approval: Approval, config: SentryConfig | None, now: datetime
) -> Approval | None:
    """In the state that time, or a change elsewhere, has brought; ``None``: neither has."""
    if approval.is_over(now):
        return ended(approval, now, "its time is over")
    if approval.state is not ApprovalState.ASKED:
        return None
    if approval.is_overdue(now):
        return _by_itself(approval, ApprovalState.EXPIRED, now, "nobody answered in time")
    terms = terms_of(config, approval.request.more) if config else {}
    changed = changed_terms(approval.request.terms, terms)
    return None if changed is None else _by_itself(approval, ApprovalState.VOID, now, changed)


def ended(approval: Approval, now: datetime, why: str) -> Approval:
    """One that was approved, at its end."""
    return _by_itself(approval, ApprovalState.ENDED, now, why)


def _by_itself(approval: Approval, state: ApprovalState, now: datetime, why: str) -> Approval:
    return approval.moved(state, by=THE_SENTRY, at=now, why=why)
