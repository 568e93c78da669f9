"""How the calls of a hot budget end."""

from dataclasses import replace
from datetime import datetime

from cost_sentry.domain.reservation import ReservationState, Resolution
from cost_sentry.domain.usage import TokenUsage


def taken_back(now: datetime) -> Resolution:
    """All given back, as for a call that did not run."""
    return replace(settled(0, now), state=ReservationState.VOIDED, total_tokens=0, usage=None)


def settled(cost: int, now: datetime) -> Resolution:
    """At this cost, as reported."""
    usage = TokenUsage(input_tokens=21, output_tokens=190)
    return Resolution(
        state=ReservationState.SETTLED,
        resolved_at=now,
        cost_picodollars=cost,
        total_tokens=usage.total_tokens,
        usage=usage,
        estimated=False,
        reason="usage reported",
    )
