"""Lift incidents: what is over by its cool-down, or what a person says is over."""

from collections.abc import Callable
from dataclasses import dataclass

from cost_sentry.application.incident_parts import LOOKS_MAX, IncidentParts, busy
from cost_sentry.application.incident_ports import Kept
from cost_sentry.application.take_measure import set_limits_right
from cost_sentry.domain.errors import CostSentryError, RecordUnreadable
from cost_sentry.domain.incident import Incident, scope_key
from cost_sentry.domain.incident_end import closed, lifted
from cost_sentry.domain.measure import Measures

REASON_CHARACTERS_MAX = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifted:
    """What became of an incident."""

    incident: Incident
    was_over: bool
    """It had ended before; its measures were lifted once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllLifted:
    """What became of all incidents, and of all that was in force for a while."""

    incidents: tuple[Incident, ...]
    """Those that are over now, and were not before."""
    restraints: Measures
    """What kept calls from running until now, for these incidents and beside them."""
    approvals: Measures
    """In force still: each ends by its request."""
    was_readable: bool
    """Whether what was in force could be read; if not, it was taken off whole, approvals too."""
    problems: tuple[str, ...]
    """Of incidents that are not over, or whose end nobody was mailed."""
    unreadable: tuple[str, ...]
    """Incidents that nobody can read, and so could not be ended; what they did is."""


def end_incident(key: str, parts: IncidentParts) -> Incident | None:
    """Close the scope's incident if its cool-down is over; as it stands then.

    Before that it makes sure of its effects, and of the limit of what tightens. ``None`` if the
    scope never had one. Raises as ``respond_to_anomaly``.
    """
    for _ in range(LOOKS_MAX):
        incident = parts.incidents.current(key)
        if incident is None:
            return None
        if incident.is_over or not incident.is_due(parts.clock.now()):
            standing = parts.take_effect(incident)
            set_limits_right(parts.measures.measures(), parts.books, parts.clock.now())
            return standing
        over = closed(incident, parts.clock.now())
        if parts.kept(over) is Kept.WRITTEN:
            return parts.take_effect(over)
    raise busy(key)


def lift_incident(incident_id: str, by: str, reason: str, parts: IncidentParts) -> Lifted | None:
    """End it now, and what it did; ``None`` if there is no incident of this id.

    Args:
        incident_id: as mails and refusals name it.
        by: who says so, for the record.
        reason: and why.
        parts: the ports.
    """
    return _lifted(lambda: _of_id(incident_id, parts), by, reason, parts)


def lift_all(by: str, reason: str, parts: IncidentParts) -> AllLifted:
    """End every incident that is not over, and all that freezes or tightens.

    Nothing is kept back by one that fails: without a configuration that can be read nobody knows
    whom to mail, and calls run again all the same.
    """
    done = parts.measures.lift_restraints()
    known = parts.incidents.latest()
    incidents, problems = [], []
    for one in known:
        if one.is_over:
            continue
        try:
            lift_incident(one.id, by, reason, parts)
        except CostSentryError as error:
            problems.append(f"{one.id}: {error}")
        try:
            current = parts.incidents.current(scope_key(one.scope))
        except CostSentryError as error:
            problems.append(f"{one.id}: nobody knows whether it is over: {error}")
            continue
        if current is not None and current.id == one.id and current.is_over:
            incidents.append(current)
    now = parts.clock.now()
    return AllLifted(
        incidents=tuple(incidents),
        restraints=done.lifted if done else (),
        approvals=tuple(one for one in done.on_record if one.is_in_force(now)) if done else (),
        was_readable=done is not None,
        problems=tuple(problems),
        unreadable=known.problems,
    )


def _lifted(
    current: Callable[[], Incident | None], by: str, reason: str, parts: IncidentParts
) -> Lifted | None:
    for _ in range(LOOKS_MAX):
        incident = current()
        if incident is None:
            return None
        if incident.is_over:
            return Lifted(incident=parts.take_effect(incident), was_over=True)
        over = lifted(incident, by, reason, parts.clock.now())
        if parts.kept(over) is Kept.WRITTEN:
            return Lifted(incident=parts.take_effect(over), was_over=False)
    raise busy(scope_key(incident.scope) if incident else "this scope")


def _of_id(incident_id: str, parts: IncidentParts) -> Incident | None:
    """The scope's record if it still is of this incident, else how that ended.

    Any step that can be read names the scope; how it ended is told by the last one alone.
    """
    steps = parts.incidents.steps(incident_id)
    current = parts.incidents.current(scope_key(steps[-1].scope)) if steps else None
    if current and current.id == incident_id:
        return current
    if steps.unreadable and not (steps and steps[-1].is_over):
        raise RecordUnreadable(steps.problems[-1])
    return steps[-1] if steps else None
