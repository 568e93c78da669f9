"""What is told of a window that is unlike a scope's past: how much, and what of it."""

from datetime import datetime

from cost_sentry.domain.anomaly import Anomaly, Evidence, Severity, Signal, minute_at
from cost_sentry.domain.burn_findings import Finding, Look, bars_now
from cost_sentry.domain.burn_history import Usual
from cost_sentry.domain.burn_rules import CRITICAL_PERCENT
from cost_sentry.domain.burn_state import BurnState
from cost_sentry.domain.meter import Scope

RECENT_MINUTES = 5
"""What is spent now is told of at most so many, however long the window is."""


def anomaly_of(
    state: BurnState, scope: Scope, look: Look, worst: Finding, since: datetime
) -> Anomaly:
    """As it is at this look."""
    percent, expected = round(100 * worst.factor), usual_now(state, look)
    return Anomaly(
        scope=scope,
        since=since,
        now=minute_at(look.end),
        severity=Severity.CRITICAL if percent >= CRITICAL_PERCENT else Severity.WARNING,
        expected_picodollars_per_minute=round(expected.picodollars) if expected else 0,
        seen_picodollars_per_minute=per_minute(look, worst.minutes),
        factor_percent=percent,
        evidence=_evidence(expected, look, worst),
    )


def usual_now(state: BurnState, look: Look) -> Usual | None:
    """At this time; ``None``: nothing is known of the scope."""
    held_against = bars_now(state, look)
    return held_against.usual if held_against else None


def per_minute(look: Look, minutes: int) -> int:
    """Picodollars, of the last minutes of a window."""
    recent = min(minutes, RECENT_MINUTES)
    return look.last(recent).picodollars // recent


def excess(state: BurnState, look: Look, signal: Signal, minutes: int) -> float:
    """Above what is usual, a minute: calls where they are what is unusual, else picodollars."""
    recent, usual = min(minutes, RECENT_MINUTES), usual_now(state, look)
    use = look.last(recent)
    if signal is Signal.CALLS:
        return use.calls / recent - (usual.calls if usual else 0)
    return use.picodollars / recent - (usual.picodollars if usual else 0)


def _evidence(expected: Usual | None, look: Look, worst: Finding) -> Evidence:
    use = look.last(worst.minutes)

    def percent(seen: int, usually: float) -> int | None:
        return round(100 * seen / usually) if usually else None

    if expected is None:
        calls = per_call = per_token = None
    else:
        calls = percent(use.calls, expected.calls * worst.minutes)
        per_call = percent(use.tokens, use.calls * _per(expected.tokens, expected.calls))
        per_token = percent(
            use.picodollars, use.tokens * _per(expected.picodollars, expected.tokens)
        )
    return Evidence(
        signal=worst.signal,
        window_minutes=worst.minutes,
        calls_percent=calls,
        tokens_per_call_percent=per_call,
        cost_per_token_percent=per_token,
    )


def _per(amount: float, of: float) -> float:
    return amount / of if of else 0.0
