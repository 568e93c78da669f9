"""Whether a scope burns money unlike itself: a pure function of what was learned and some minutes.

What was learned changes once an hour; the minutes since, at least the last sixty, are given anew
each time. So it changes nothing whether a minute is seen once, twice or late.
"""

from dataclasses import replace

from cost_sentry.domain.anomaly import Anomaly, Evidence, Severity, minute_at, minute_number
from cost_sentry.domain.burn_findings import Finding, Look, bars_now, findings, is_calm
from cost_sentry.domain.burn_history import Usual
from cost_sentry.domain.burn_rules import CRITICAL_PERCENT
from cost_sentry.domain.burn_state import BurnState, learned
from cost_sentry.domain.meter import Scope

LOOK_BACK_MINUTES = 60
"""The longest window."""
_HOUR = 60
_RECENT_MINUTES = 5


def first_minute(state: BurnState, end: int) -> int:
    """From where on ``judged`` must be given minutes."""
    return min(end - LOOK_BACK_MINUTES, state.history.through * _HOUR)


def judged(state: BurnState, scope: Scope, look: Look) -> BurnState:
    """The state after this look; its ``untold`` must be told.

    An incident is raised once, raised again if it becomes critical, and ends after some calm
    minutes. What it used is not learned, unless it goes on for a day: then that is usual now.
    """
    state = learned(state, look.minutes, look.end)
    if state.incident is not None:
        open_minutes = look.end - minute_number(state.incident.since)
        if open_minutes >= look.rules.adopted_after_minutes:
            history = state.history.forgotten(look.rules.adopted_after_minutes // _HOUR)
            return replace(state.ended(look.end), history=history)
    found = findings(state, look)
    if found:
        return _with_incident(state, scope, look, found)
    return state.ended(look.end) if state.incident and is_calm(state, look) else state


def _with_incident(state: BurnState, scope: Scope, look: Look, found: list[Finding]) -> BurnState:
    worst = max(found, key=lambda finding: finding.factor)
    percent = round(100 * worst.factor)
    severity = Severity.CRITICAL if percent >= CRITICAL_PERCENT else Severity.WARNING
    before = state.incident
    if before is not None and (before.severity is Severity.CRITICAL or severity is before.severity):
        return state
    since = before.since if before else minute_at(_begin(state, look, found))
    expected, seen = _usual(state, look), _recent(look, worst)
    anomaly = Anomaly(
        scope=scope,
        since=since,
        now=minute_at(look.end),
        severity=severity,
        expected_picodollars_per_minute=round(expected.picodollars) if expected else 0,
        seen_picodollars_per_minute=seen,
        factor_percent=percent,
        evidence=_evidence(state, look, worst),
    )
    return replace(state, incident=anomaly)


def _usual(state: BurnState, look: Look) -> Usual | None:
    held_against = bars_now(state, look)
    return held_against.usual if held_against else None


def _recent(look: Look, worst: Finding) -> int:
    """Of the last minutes, however long the window is."""
    minutes = min(worst.minutes, _RECENT_MINUTES)
    return look.minutes.use(look.end - minutes, look.end).picodollars // minutes


def _begin(state: BurnState, look: Look, found: list[Finding]) -> int:
    """The first minute of the shortest window, and those before that were unusual as well."""
    start = max(look.end - min(finding.minutes for finding in found), state.calm_since)
    expected = _usual(state, look)
    if expected is None:
        return start
    half = (1 + min(finding.factor for finding in found)) / 2
    limit = max(look.end - LOOK_BACK_MINUTES, state.calm_since)
    while start > limit and _is_above(look, start - 1, half * expected.picodollars):
        start -= 1
    return start


def _is_above(look: Look, minute: int, picodollars: float) -> bool:
    return look.minutes.use(minute, minute + 1).picodollars > picodollars


def _evidence(state: BurnState, look: Look, worst: Finding) -> Evidence:
    expected = _usual(state, look)
    use = look.minutes.use(look.end - worst.minutes, look.end)

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
