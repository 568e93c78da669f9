"""How an incident ends: by itself, by a person, or because what goes on is taken for usual."""

from dataclasses import replace
from datetime import datetime

from cost_sentry.domain.incident import (
    WATCHED,
    Incident,
    IncidentState,
    Sighting,
    StepKind,
    scope_key,
)
from cost_sentry.domain.incident_measure import lasting
from cost_sentry.domain.incident_revision import minutes, next_revision


def closed(incident: Incident, now: datetime, why: str = "") -> Incident:
    """It ended by itself."""
    return _over(incident, IncidentState.CLOSED, StepKind.CLOSED, now, why)


def lifted(incident: Incident, by: str, reason: str, now: datetime) -> Incident:
    """A person ended it, and what it did. For a while the same is not acted on again."""
    over = _over(incident, IncidentState.LIFTED, StepKind.LIFTED, now, reason)
    quiet = now + max(minutes(incident.cool_down_minutes), WATCHED)
    return replace(over, by=by, quiet_until=quiet)


def ended(incident: Incident, sighting: Sighting, now: datetime) -> Incident | None:
    """After a sign that it is over; ``None`` if that changes nothing.

    What was only told is watched from now on. What was acted on may be quiet because of that.
    Another alarm than the one that told last, and worst, ends nothing.
    """
    if sighting.is_adopted:
        return _adopted(incident, sighting, now)
    if sighting.seen_at <= incident.seen_at or sighting.source != incident.source:
        return None
    if incident.step is StepKind.CALMED:
        return None
    calmed = next_revision(incident, StepKind.CALMED, now)
    if incident.state is IncidentState.ACTING:
        return calmed
    return replace(calmed, ends_at=min(incident.ends_at, now))


def _adopted(incident: Incident, sighting: Sighting, now: datetime) -> Incident | None:
    """The last sign of what goes on; of its cause, and not from before what was told last.

    What was only told is over, and for an hour nobody tells the same of a wider scope. What is in
    force for it lasts as long as after any other sign, and it is watched what comes then.
    """
    is_of_cause = scope_key(incident.cause) in (scope_key(sighting.scope), *sighting.joined)
    if not is_of_cause or incident.adopted_at or sighting.seen_at < incident.awaited:
        return None
    if incident.state is IncidentState.ACTING:
        after = next_revision(incident, StepKind.ADOPTED, now)
    else:
        over = _over(incident, IncidentState.CLOSED, StepKind.ADOPTED, now, "")
        ends_at = min(incident.ends_at, now)
        after = replace(over, ends_at=ends_at, quiet_until=now + WATCHED)
    usual = sighting.seen if sighting.usual is None else sighting.usual
    return replace(after, adopted_at=sighting.seen_at, adopted=usual)


def _over(
    incident: Incident, state: IncidentState, step: StepKind, now: datetime, why: str
) -> Incident:
    return replace(
        next_revision(incident, step, now),
        state=state,
        note=why,
        measure=None,
        replaced=lasting(incident, now),
    )
