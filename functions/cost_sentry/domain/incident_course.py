"""How an incident goes on: what a sighting, a person or the end of the cool-down makes of it.

Sightings may come twice, late and in any order. So an incident only takes from one what is more
than it knows: a worse severity, an earlier begin, a later sign. What is not more changes nothing.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from cost_sentry.domain.anomaly_rules import Action, AnomalyRule, stricter, worse
from cost_sentry.domain.incident import (
    UNTOLD,
    Evidence,
    Incident,
    IncidentState,
    Sighting,
    StepKind,
    incident_id,
)
from cost_sentry.domain.measure import Measure, MeasureKind

PROLONGED_BY = timedelta(minutes=1)
"""A sign that is later by less changes nothing: a storm of them costs no writes."""
LATE = timedelta(hours=1)
"""A sighting that took longer to come is told, and nothing is done for it: it may be long over."""


def opens(before: Incident | None, sighting: Sighting) -> bool:
    """Whether it begins a new incident, where the one before is over or there is none.

    Not if it was seen before that one ended, and not what a person has just lifted.
    """
    if sighting.has_ended:
        return False
    if before is None:
        return True
    if sighting.seen_at <= min(before.at, before.ends_at):
        return sighting.seen_at > before.seen_at and worse(sighting.severity, before.severity)
    is_quiet = before.quiet_until is not None and sighting.seen_at < before.quiet_until
    return not is_quiet or worse(sighting.severity, before.severity)


def opened(
    before: Incident | None,
    sighting: Sighting,
    rule: AnomalyRule,
    evidence: Evidence,
    now: datetime,
) -> Incident:
    """A new incident of this scope, with what the rule wants done."""
    revision = before.revision + 1 if before else 1
    is_late = now - sighting.seen_at > LATE
    incident = Incident(
        id=incident_id(sighting.scope, revision),
        scope=dict(sighting.scope),
        revision=revision,
        state=IncidentState.OPEN,
        step=StepKind.OPENED,
        at=now,
        by="the sentry",
        severity=sighting.severity,
        since=min(sighting.since, sighting.seen_at),
        opened_at=now,
        seen_at=sighting.seen_at,
        ends_at=now + timedelta(minutes=rule.cool_down_minutes),
        source=sighting.source,
        usual=sighting.usual,
        seen=sighting.seen,
        percent=sighting.percent,
        how=sighting.how,
        evidence=evidence,
        action=Action.TELL,
        told=rule.tell,
        cool_down_minutes=rule.cool_down_minutes,
        told_revision=revision,
        note="it was told too late to act on it" if is_late else "",
    )
    return incident if is_late else _acting(incident, rule, now)


def revised(
    incident: Incident, sighting: Sighting, rule: AnomalyRule, now: datetime
) -> Incident | None:
    """The incident after another sighting; ``None`` if that tells nothing more."""
    if sighting.has_ended:
        return _ended(incident, sighting, now)
    if worse(sighting.severity, incident.severity):
        return _worse(incident, sighting, rule, now)
    if sighting.seen_at - incident.seen_at >= PROLONGED_BY:
        return _prolonged(incident, sighting, now)
    return None


def not_acted(incident: Incident, why: str, now: datetime) -> Incident:
    """It is told only, although the rule wants more."""
    return replace(
        _next(incident, StepKind.NOT_ACTED, now),
        state=IncidentState.OPEN,
        action=Action.TELL,
        measure=None,
        replaced=_lasting(incident, now),
        note=why,
    )


def closed(incident: Incident, now: datetime, why: str = "") -> Incident:
    """It ended by itself."""
    return _over(incident, IncidentState.CLOSED, StepKind.CLOSED, now, why)


def lifted(incident: Incident, by: str, reason: str, now: datetime) -> Incident:
    """A person ended it, and what it did."""
    over = _over(incident, IncidentState.LIFTED, StepKind.LIFTED, now, reason)
    quiet = now + timedelta(minutes=incident.cool_down_minutes)
    return replace(over, by=by, quiet_until=quiet)


def _acting(incident: Incident, rule: AnomalyRule, now: datetime) -> Incident:
    """With the measure of the rule, which may take the place of another; never a milder one."""
    action = stricter(rule.action, incident.action)
    if action is Action.TELL:
        return incident
    amount = _amount(incident, rule) if action is Action.TIGHTEN else None
    return replace(
        incident,
        state=IncidentState.ACTING,
        action=action,
        measure=_measure(incident, action, amount, now),
        replaced=_lasting(incident, now),
        note="",
    )


def _amount(incident: Incident, rule: AnomalyRule) -> int:
    """The least that was wanted so far."""
    before = incident.measure.amount if incident.measure else None
    known = [before] if before is not None else []
    if rule.action is Action.TIGHTEN:
        known.append(rule.picodollars_per_minute(incident.usual))
    return min(known)


def _measure(incident: Incident, action: Action, amount: int | None, now: datetime) -> Measure:
    kind = MeasureKind.FREEZE if action is Action.FREEZE else MeasureKind.TIGHTEN
    how = "" if incident.percent is None else f" ({incident.percent} % of what would be ordinary)"
    return Measure(
        id=f"{incident.id}-{incident.revision}",
        kind=kind,
        scope=incident.scope,
        made_at=now,
        until=incident.ends_at,
        why=f"incident {incident.id}{how}",
        undo=f"an owner lifts it with `cost-sentry incidents lift {incident.id} --reason …`",
        amount=amount,
    )


def _worse(incident: Incident, sighting: Sighting, rule: AnomalyRule, now: datetime) -> Incident:
    later = max(incident.seen_at, sighting.seen_at)
    base = replace(
        _next(incident, StepKind.WORSE, now),
        severity=sighting.severity,
        since=min(incident.since, sighting.since),
        seen_at=later,
        ends_at=max(incident.ends_at, now + timedelta(minutes=rule.cool_down_minutes)),
        source=sighting.source,
        usual=incident.usual if sighting.usual is None else sighting.usual,
        seen=incident.seen if sighting.seen is None else sighting.seen,
        percent=incident.percent if sighting.percent is None else sighting.percent,
        how=sighting.how or incident.how,
        told=tuple(dict.fromkeys((*incident.told, *rule.tell))),
        cool_down_minutes=rule.cool_down_minutes,
    )
    if now - sighting.seen_at > LATE:
        return base
    return _acting(base, rule, now)


def _prolonged(incident: Incident, sighting: Sighting, now: datetime) -> Incident | None:
    """The same measure lasts longer; ``None`` if it lasts long enough."""
    ends_at = min(sighting.seen_at, now) + timedelta(minutes=incident.cool_down_minutes)
    if ends_at - incident.ends_at < PROLONGED_BY:
        return None
    base = replace(
        _next(incident, StepKind.PROLONGED, now), seen_at=sighting.seen_at, ends_at=ends_at
    )
    before = incident.measure
    if before is None:
        return base
    return replace(
        base,
        measure=_measure(base, base.action, before.amount, now),
        replaced=_lasting(incident, now),
    )


def _ended(incident: Incident, sighting: Sighting, now: datetime) -> Incident | None:
    """What was only told is over. What was acted on may be quiet because of that: it waits.

    Another alarm than the one that told last, and worst, ends nothing.
    """
    if sighting.seen_at <= incident.seen_at or sighting.source != incident.source:
        return None
    if incident.state is IncidentState.OPEN:
        return closed(incident, now, f"{sighting.source} says that it is over")
    if incident.step is StepKind.CALMED:
        return None
    return _next(incident, StepKind.CALMED, now)


def _over(
    incident: Incident, state: IncidentState, step: StepKind, now: datetime, why: str
) -> Incident:
    return replace(
        _next(incident, step, now),
        state=state,
        note=why,
        measure=None,
        replaced=_lasting(incident, now),
    )


def _next(incident: Incident, step: StepKind, now: datetime) -> Incident:
    revision = incident.revision + 1
    told = incident.told_revision if step in UNTOLD else revision
    return replace(
        incident, revision=revision, step=step, at=now, by="the sentry", told_revision=told
    )


def _lasting(incident: Incident, now: datetime) -> tuple[Measure, ...]:
    """Measures of before that would still be in force if nobody lifted them."""
    return tuple(one for one in incident.measures if one.until > now)
