"""The narrowest scope that explains what a wider one shows: an application, its team, its model."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from cost_sentry.domain.anomaly import Anomaly, Severity, Signal
from cost_sentry.domain.burn_anomaly import RECENT_MINUTES, anomaly_of, excess, usual_now
from cost_sentry.domain.burn_findings import Finding, Look
from cost_sentry.domain.burn_state import BurnState
from cost_sentry.domain.meter import APPLICATION, MODEL, TEAM, Scope

EXPLAINS = 0.6
"""Of an excess; less of it may be chance, or another cause beside it."""


class Judged(NamedTuple):
    """One scope after its look, with at least the last ``RECENT_MINUTES``."""

    state: BurnState
    look: Look


def narrowest(scope: Scope, judged: Mapping[Scope, Judged]) -> Scope:
    """What explains the incident of ``scope``: itself, if no part of it does."""
    incident = judged[scope].state.incident
    if incident is None:
        return scope
    signal, minutes = incident.evidence.signal, incident.evidence.window_minutes
    whole = excess(*judged[scope], signal, minutes)
    if whole <= 0:
        return scope
    for kind in (APPLICATION, TEAM):
        parts = {one: excess(*judged[one], signal, minutes) for one in _parts(scope, kind, judged)}
        if found := _explaining(parts, whole, judged):
            return narrowest(found, judged) if judged[found].state.incident else found
    return scope


def told_of(scope: Scope, judged: Mapping[Scope, Judged]) -> Scope:
    """Whom the news of a scope is told of: what explains it.

    That the whole is taken for usual says nothing of a part which is still told of by itself.
    """
    found, news = narrowest(scope, judged), judged[scope].state.incident
    own = judged[found].state.incident
    is_apart = news and news.is_adopted and own and not own.is_adopted
    return scope if is_apart else found


def _explaining(
    parts: Mapping[Scope, float], whole: float, judged: Mapping[Scope, Judged]
) -> Scope | None:
    """One part that is most of it; or the largest of those that are told of, if together they are.

    Each of these is told by itself, and the whole tells nothing more.
    """
    largest = max(parts, key=lambda one: (parts[one], one), default=None)
    if largest is not None and parts[largest] >= EXPLAINS * whole:
        return largest
    told = {one: much for one, much in parts.items() if judged[one].state.incident and much > 0}
    if sum(told.values()) >= EXPLAINS * whole:
        return max(told, key=lambda one: (told[one], one))
    return None


def told_as(scope: Scope, of: Anomaly, judged: Mapping[Scope, Judged]) -> Anomaly:
    """The anomaly of a wider scope, told of the one that explains it."""
    state, look = judged[scope]
    if state.untold:
        return state.untold
    minutes, usual = min(of.evidence.window_minutes, RECENT_MINUTES), usual_now(state, look)
    signal, since = of.evidence.signal, of.since
    seen, usually = look.last(minutes), 0.0
    if usual is not None:
        usually = usual.calls if signal is Signal.CALLS else usual.picodollars
    amount = seen.calls if signal is Signal.CALLS else seen.picodollars
    factor = amount / minutes / usually if usually else of.factor_percent / 100
    finding = Finding(signal if usually else Signal.NEW, minutes, factor)
    if state.incident:
        since = state.incident.since
    told = anomaly_of(state, scope, look, finding, since)
    is_critical = Severity.CRITICAL in (told.severity, of.severity)
    if of.is_adopted:
        told = replace(told, expected_picodollars_per_minute=told.seen_picodollars_per_minute)
    return replace(
        told,
        severity=Severity.CRITICAL if is_critical else Severity.WARNING,
        goes_on=of.goes_on or state.incident is not None,
        is_adopted=of.is_adopted,
    )


def _parts(scope: Scope, kind: str, judged: Mapping[Scope, Judged]) -> Iterator[Scope]:
    """Applications of a team; applications, or teams, of a model, which everybody shares."""
    whole, name = scope
    for one in judged:
        if one[0] == kind and (
            whole == MODEL or (whole == TEAM and kind == APPLICATION and _team_of(one) == name)
        ):
            yield one


def _team_of(application: Scope) -> str:
    return application[1].partition("/")[0]
