"""Which incident a sighting belongs to: one cause shows in an application, its team and its model.

The narrowest scope that explains the excess has the incident; the others are joined to it as
evidence. So one cause is one mail, one share of the hour, and one measure where it hurts least.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cost_sentry.application.incident_parts import IncidentParts
from cost_sentry.application.incident_rates import with_rates
from cost_sentry.domain.anomaly_rules import Action
from cost_sentry.domain.budget import MODEL_TAG
from cost_sentry.domain.caller import APPLICATION_TAG, TEAM_TAG
from cost_sentry.domain.incident import Incident, Sighting, scope_key
from cost_sentry.domain.incident_course import opens
from cost_sentry.domain.meter import Scope

EXPLAINS_PERCENT = 60
"""Of an excess; less of it may be chance, or another cause beside it."""
SETTLED_AFTER = timedelta(minutes=10)
"""After a measure began, what is seen of other scopes was spent under it."""
ACTIVE_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Where a sighting belongs."""

    sighting: Sighting
    """As a sign of that scope."""
    incident: Incident | None = None
    """One of another scope that it is a sign of; ``None``: it is of its own scope's."""
    is_narrower: bool = False
    """It explains that incident, and so it is what is to be acted on."""
    unreadable: tuple[str, ...] = ()
    """Incidents of other scopes that nobody could look at, and why."""


def cause_of(sighting: Sighting, parts: IncidentParts, now: datetime) -> Cause:
    """Of a sighting with its rates, whose own scope has no incident that stands.

    An incident that cannot be read explains nothing, and keeps nobody from what others need.
    Raises ``LedgerUnavailable``.
    """
    known = parts.incidents.latest()
    cause = _cause(sighting, known, parts, now)
    if scope_key(cause.sighting.scope) in {one.name for one in known.unreadable}:
        cause = Cause(sighting=sighting)
    return replace(cause, unreadable=known.problems)


def _cause(
    sighting: Sighting, known: Sequence[Incident], parts: IncidentParts, now: datetime
) -> Cause:
    if sighting.is_adopted:
        return _of_its_cause(sighting, known)
    if sighting.has_ended:
        return _of_its_alarm(sighting, known)
    others = [one for one in known if _stands(one, sighting, now)]
    for one in others:
        if _is_within(sighting.scope, one.scope) and _concerns(one, sighting, now):
            return _of_wider(one, sighting, now)
    for one in others:
        if _is_within(one.scope, sighting.scope) and _explained(sighting, one, now):
            return Cause(sighting=_as_sign_of(one.scope, sighting), incident=one)
    return Cause(sighting=_narrowed(sighting, parts, now))


def _stands(incident: Incident, sighting: Sighting, now: datetime) -> bool:
    """Whether it goes on; or a person lifted it, and this is no more than what was lifted."""
    if incident.is_over:
        return incident.is_quiet(sighting.seen_at) and not opens(incident, sighting)
    return not incident.is_due(now)


def explains(excess: int | None, incident: Incident, now: datetime) -> bool:
    """Whether so much, in picodollars a minute, is most of the excess of an incident."""
    whole = _excess_now(incident, now)
    return bool(excess and whole) and _is_most(excess or 0, whole or 0)


def _of_wider(wider: Incident, sighting: Sighting, now: datetime) -> Cause:
    """A sign of a wider scope's incident; and what is to be acted on, if it explains that."""
    if dict(wider.cause) == dict(sighting.scope):
        return Cause(sighting=sighting, incident=wider)
    if _is_within(sighting.scope, wider.cause) and explains(_excess(sighting), wider, now):
        return Cause(sighting=sighting, incident=wider, is_narrower=True)
    sign = _as_sign_of(sighting.scope, sighting)
    return Cause(sighting=sign, incident=wider)


def _of_its_alarm(sighting: Sighting, others: Iterable[Incident]) -> Cause:
    """An alarm of one scope may have opened the incident of a narrower one."""
    key = scope_key(sighting.scope)
    for one in others:
        if not one.is_over and one.source == sighting.source and key in one.joined:
            return Cause(sighting=replace(sighting, scope=one.scope), incident=one)
    return Cause(sighting=sighting)


def _of_its_cause(sighting: Sighting, others: Iterable[Incident]) -> Cause:
    """What is taken for usual may be the cause of a wider scope's incident."""
    keys = (scope_key(sighting.scope), *sighting.joined)
    for one in others:
        if not one.is_over and scope_key(one.cause) in keys:
            return Cause(sighting=replace(sighting, scope=one.scope, joined=keys), incident=one)
    return Cause(sighting=sighting)


def _concerns(wider: Incident, sighting: Sighting, now: datetime) -> bool:
    """Whether a narrower scope's sign is of a wider one's incident."""
    is_held = wider.measure is not None and wider.measure.covers_some(sighting.scope)
    is_under_it = is_held and MODEL_TAG not in wider.scope and not wider.is_lapsed(now)
    known = scope_key(sighting.scope) in wider.joined
    return is_under_it or known or explains(_excess(sighting), wider, now)


def _explained(sighting: Sighting, narrower: Incident, now: datetime) -> bool:
    """Whether a narrower scope's incident explains the sign of a wider one."""
    excess, part = _excess(sighting), _excess_now(narrower, sighting.seen_at)
    if excess is None or excess <= 0:
        # An alarm comes minutes late: by then what it tells of may be held already.
        return now - narrower.opened_at <= ACTIVE_WITHIN
    return part is not None and _is_most(part, excess)


def _excess(sighting: Sighting) -> int | None:
    return None if sighting.seen is None else sighting.seen - (sighting.usual or 0)


def _excess_now(incident: Incident, at: datetime) -> int | None:
    """What was seen, or at most what a measure that has been in force for a while leaves."""
    if incident.seen is None:
        return None
    usual, measure = incident.usual or 0, incident.measure
    excess = incident.seen - usual
    if measure and measure.is_in_force(at) and at - measure.made_at >= SETTLED_AFTER:
        left = 0 if incident.action is Action.FREEZE else measure.amount or 0
        return min(excess, max(left - usual, 0))
    return excess


def _is_most(part: int, whole: int) -> bool:
    return part * 100 >= whole * EXPLAINS_PERCENT


def _is_within(narrow: Mapping[str, str], wide: Mapping[str, str]) -> bool:
    """An application of its team; either of a model, which everybody shares."""
    if MODEL_TAG in narrow:
        return False
    is_part = MODEL_TAG in wide or wide.items() <= narrow.items()
    return is_part and dict(narrow) != dict(wide)


def _as_sign_of(scope: Mapping[str, str], sighting: Sighting) -> Sighting:
    """Its amounts are of the whole, and say nothing of the part."""
    joined = (scope_key(sighting.scope), *sighting.joined)
    return replace(
        sighting, scope=scope, usual=None, seen=None, percent=None, how="", joined=joined
    )


def _narrowed(sighting: Sighting, parts: IncidentParts, now: datetime) -> Sighting:
    """Of an alarm, which knows one scope: what of it explains the excess, by the meters.

    The detector has compared scopes before it told.
    """
    excess = _excess(sighting)
    if sighting.is_compared or excess is None or excess <= 0:
        return sighting
    for kind in (APPLICATION_TAG, TEAM_TAG):
        found = _first(kind, sighting, excess, parts, now)
        if found is not None:
            return found
    return sighting


def _first(
    kind: str, whole: Sighting, excess: int, parts: IncidentParts, now: datetime
) -> Sighting | None:
    """The part of this kind that explains most, if one explains enough."""
    found: list[Sighting] = []
    for scope in parts.meters.active(now - ACTIVE_WITHIN):
        tags = _tags(scope) if scope[0] == kind else None
        if tags is None or not _is_within(tags, whole.scope):
            continue
        sign = with_rates(_as_sign_of(tags, whole), parts.meters, now, seen_least=excess // 2)
        if _is_most(_excess(sign) or 0, excess):
            found.append(sign)
    return max(found, key=lambda one: _excess(one) or 0, default=None)


def _tags(scope: Scope) -> dict[str, str]:
    team, _, application = scope[1].partition("/")
    return {TEAM_TAG: team, **({APPLICATION_TAG: application} if application else {})}
