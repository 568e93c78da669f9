"""Whether a scope burns money unlike itself: a pure function of what was learned and some minutes.

What was learned changes once an hour; the minutes since, at least the last sixty, are given anew
each time. So it changes nothing whether a minute is seen once, twice or late.
"""

from dataclasses import replace

from cost_sentry.domain.anomaly import Anomaly, Severity, minute_at, minute_number
from cost_sentry.domain.burn_anomaly import RECENT_MINUTES, anomaly_of, per_minute, usual_now
from cost_sentry.domain.burn_findings import Finding, Look, findings, is_ordinary
from cost_sentry.domain.burn_state import BurnState, learned
from cost_sentry.domain.meter import Scope

LOOK_BACK_MINUTES = 60
"""The longest window."""
_HOUR = 60
_SILENT_MINUTES = 2


def first_minute(state: BurnState, end: int) -> int:
    """From where on ``judged`` must be given minutes."""
    return min(end - LOOK_BACK_MINUTES, state.history.through * _HOUR)


def judged(state: BurnState, scope: Scope, look: Look) -> BurnState:
    """The state after this look; its ``untold`` must be told.

    An incident is told of when it is found, when it becomes critical or much more, and every few
    minutes while it goes on. It ends after some calm minutes. What goes on for a day is told for
    the last time, as what is usual from then on.
    """
    state = learned(state, look.minutes, look.end)
    if state.incident is not None:
        if state.incident.is_adopted:
            return state  # Nobody heard of that yet.
        if _is_usual_by_now(state, state.incident, look):
            return _adopted(state, state.incident, look)
    found = findings(state, look)
    if found:
        return _with_incident(state, scope, look, found)
    if state.incident is None:
        return state
    if is_ordinary(state, look, look.rules.calm_minutes):
        return state.ended(look.end)
    return _going_on(state, state.incident, look)


def _with_incident(state: BurnState, scope: Scope, look: Look, found: list[Finding]) -> BurnState:
    worst = max(found, key=lambda finding: finding.factor)
    before = state.incident
    since = before.since if before else minute_at(_begin(state, look, found))
    anomaly = anomaly_of(state, scope, look, worst, since)
    if before is None:
        return replace(state, incident=anomaly)
    is_worse = anomaly.severity is Severity.CRITICAL is not before.severity
    if is_worse or anomaly.factor_percent >= look.rules.much_more * before.factor_percent:
        return replace(state, incident=replace(anomaly, severity=_worst(anomaly, before)))
    if not _is_due(state, before, look):
        return state
    severity = _worst(anomaly, before)
    return replace(state, incident=replace(anomaly, severity=severity, goes_on=True))


def _going_on(state: BurnState, before: Anomaly, look: Look) -> BurnState:
    """No window is unlike the past by itself, and the last minutes are not ordinary either."""
    if not _is_due(state, before, look) or is_ordinary(state, look, RECENT_MINUTES):
        return state
    again = replace(
        before,
        now=minute_at(look.end),
        seen_picodollars_per_minute=per_minute(look, RECENT_MINUTES),
        goes_on=True,
    )
    return replace(state, incident=again)


def _is_usual_by_now(state: BurnState, before: Anomaly, look: Look) -> bool:
    """Not while what there is to tell was not told yet, nor while it may be at its end."""
    open_minutes = look.end - minute_number(before.since)
    is_long = open_minutes >= look.rules.adopted_after_minutes and state.untold is None
    return is_long and not is_ordinary(state, look, RECENT_MINUTES)


def _adopted(state: BurnState, before: Anomaly, look: Look) -> BurnState:
    """What was usual counts until this is told: by that the scope that explains it is found."""
    usual = usual_now(state.adopted(before, look.end), look)
    seen = look.last(LOOK_BACK_MINUTES).picodollars // LOOK_BACK_MINUTES
    last = replace(
        before,
        now=minute_at(look.end),
        expected_picodollars_per_minute=round(usual.picodollars) if usual else seen,
        seen_picodollars_per_minute=seen,
        goes_on=True,
        is_adopted=True,
    )
    return replace(state, incident=last)


def _is_due(state: BurnState, before: Anomaly, look: Look) -> bool:
    """To be told again; not while what there is to tell was not told yet.

    What makes no call does not go on: whoever froze it is not told to freeze it for longer.
    """
    elapsed = look.end - minute_number(before.now)
    is_due = state.untold is None and elapsed >= look.rules.told_again_minutes
    return is_due and look.last(_SILENT_MINUTES).calls > 0


def _worst(anomaly: Anomaly, before: Anomaly) -> Severity:
    is_critical = Severity.CRITICAL in (anomaly.severity, before.severity)
    return Severity.CRITICAL if is_critical else Severity.WARNING


def _begin(state: BurnState, look: Look, found: list[Finding]) -> int:
    """The first minute of the shortest window, and those before that were unusual as well."""
    start = max(look.end - min(finding.minutes for finding in found), state.calm_since)
    expected = usual_now(state, look)
    if expected is None:
        return start
    half = (1 + min(finding.factor for finding in found)) / 2
    limit = max(look.end - LOOK_BACK_MINUTES, state.calm_since)
    while start > limit and _is_above(look, start - 1, half * expected.picodollars):
        start -= 1
    return start


def _is_above(look: Look, minute: int, picodollars: float) -> bool:
    return look.minutes.use(minute, minute + 1).picodollars > picodollars
