"""Incidents for machines and for people. Amounts are exact decimal strings of dollars."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cost_sentry.application.incident_notice import (
    action_text,
    adopted_text,
    ahead_text,
    how_much_text,
    lead_text,
    usual_text,
)
from cost_sentry.application.lift_incidents import AllLifted
from cost_sentry.application.rows import Rows
from cost_sentry.domain.incident import Incident, Lead, projected_picodollars
from cost_sentry.domain.incident_measure import incident_of
from cost_sentry.domain.measure import Measure
from cost_sentry.domain.money import dollars_text
from cost_sentry.domain.sentry_config import scope_text
from cost_sentry_client.tables import facts_table, records
from cost_sentry_client.unreadable_report import FIX, unreadable_row

if TYPE_CHECKING:
    from rich.table import Table


def incident_json(incident: Incident) -> dict[str, Any]:
    """One revision."""
    ahead = projected_picodollars(incident)
    evidence = incident.evidence
    return {
        "id": incident.id,
        "scope": dict(incident.scope),
        "state": incident.state.value,
        "severity": incident.severity.value,
        "since": incident.since.isoformat(),
        "openedAt": incident.opened_at.isoformat(),
        "seenAt": incident.seen_at.isoformat(),
        "endsAt": incident.ends_at.isoformat(),
        "closesAt": incident.closes_at.isoformat(),
        "source": incident.source,
        "usualUsdPerMinute": _usd(incident.usual),
        "seenUsdPerMinute": _usd(incident.seen),
        "percentOfUsual": incident.percent,
        "how": incident.how,
        "projectedUsdByMidnight": None if incident.is_over else _usd(ahead),
        "application": _lead(evidence.application),
        "model": _lead(evidence.model),
        "alsoIn": list(incident.joined),
        "measure": _measure(incident.measure),
        "takenForUsual": None
        if incident.adopted_at is None
        else {"at": incident.adopted_at.isoformat(), "usdPerMinute": _usd(incident.adopted)},
        "note": incident.note,
    }


def step_json(incident: Incident) -> dict[str, Any]:
    """What a revision was for."""
    return {
        "revision": incident.revision,
        "at": incident.at.isoformat(),
        "by": incident.by,
        "step": str(incident.step),
        "severity": incident.severity.value,
        "state": incident.state.value,
        "measure": _measure(incident.measure),
        "note": incident.note,
    }


def incidents_table(incidents: Rows[Incident], now: datetime) -> "Table | str":
    """The latest of each scope: its id, for whoever lifts it, and what is in force until when.

    Of one that cannot be read the scope.
    """
    if not incidents and not incidents.unreadable:
        return "no incident is on record"
    shown = [(one.id, _line(one, now)) for one in incidents]
    return records([*shown, *map(unreadable_row, incidents.unreadable)])


def _line(one: Incident, now: datetime) -> list[tuple[str, str]]:
    state = _state(one, now)
    ended = one.is_due(now) or one.is_lapsed(now)
    return [
        ("scope", scope_text(one.scope)),
        ("state", f"{state}, {one.severity.value}, since {one.since:%Y-%m-%d %H:%M}Z"),
        ("in force", "nothing any more" if ended else action_text(one)),
    ]


def _state(incident: Incident, now: datetime) -> str:
    """``watched``: what was done has ended, and it is seen whether it comes back.

    ``taken for usual``: it is over for whoever watches, and goes on.
    """
    if incident.is_usual and (incident.is_over or incident.is_due(now)):
        return "taken for usual"
    if incident.is_due(now):
        return "over"
    return "watched" if incident.is_lapsed(now) else incident.state.value


def incident_facts(incident: Incident, now: datetime) -> "Table":
    """One incident, as it stands."""
    shown = [
        ("scope", scope_text(incident.scope)),
        ("state", _state(incident, now)),
        ("severity", incident.severity.value),
        ("since", f"{incident.since.isoformat()}, told by {incident.source}"),
        ("usual", usual_text(incident.usual)),
        ("seen", usual_text(incident.seen)),
        *_amounts(incident),
        *((("now", usual),) if (usual := adopted_text(incident)) else ()),
        ("done", "nothing any more" if incident.is_lapsed(now) else action_text(incident)),
        ("ends", incident.ends_at.isoformat()),
    ]
    if incident.note:
        shown.append(("note", incident.note))
    return facts_table(shown)


def _amounts(incident: Incident) -> list[tuple[str, str]]:
    """As far as it is known: how much, whose, and what it comes to if nobody does anything."""
    who, model = incident.evidence.application, incident.evidence.model
    facts = [
        ("how much", how_much_text(incident)),
        ("who", lead_text(who) if who else ""),
        ("model", lead_text(model) if model else ""),
        ("ahead", ahead_text(incident)),
        ("also in", "; ".join(incident.joined)),
    ]
    return [(name, value) for name, value in facts if value]


def steps_table(steps: Sequence[Incident]) -> "Table":
    """Who did what when."""
    return facts_table(
        (one.at.isoformat(), f"{one.step} by {one.by}{f': {one.note}' if one.note else ''}")
        for one in steps
    )


def all_lifted_json(done: AllLifted) -> dict[str, Any]:
    """What was lifted, and what was approved and stays."""
    return {
        "lifted": [incident_json(one) for one in done.incidents],
        "approvalsInForce": [
            {"id": one.id, "until": one.until.isoformat(), "end": one.undo}
            for one in done.approvals
        ],
        "restraints": [
            {
                "id": one.id,
                "kind": one.kind.value,
                "scope": dict(one.scope),
                "until": one.until.isoformat(),
                "why": one.why,
            }
            for one in done.restraints
        ],
        "wasReadable": done.was_readable,
        "problems": list(done.problems),
        "unreadable": list(done.unreadable),
    }


def all_lifted_fix(done: AllLifted) -> str:
    """What is left to do for what did not go through."""
    told = (
        "those named as lifted are over, and calls run again, but nobody was mailed:"
        " `cost-sentry incidents lift ID` mails it once the cause is corrected, and lifts what"
        " is not over yet"
    )
    unread = f"what an incident did that cannot be read is lifted, and it stays on record: {FIX}"
    return "; ".join(([told] if done.problems else []) + ([unread] if done.unreadable else []))


def all_lifted_shown(done: AllLifted) -> "Iterator[Table | str]":
    """The same for people."""
    told = [one.id for one in done.incidents]
    beside = [one for one in done.restraints if incident_of(one) not in told]
    if told or not beside:
        nothing = "nothing, for no incident went on and nothing was frozen or slowed down"
        yield f"lifted: {', '.join(told) or nothing}"
    if beside:
        yield "lifted, of no incident that is named here:"
        yield records((one.id, _restraint(one)) for one in beside)
    if not done.was_readable:
        yield "what was in force could not be read, and is taken off whole;"
        yield "approvals among it are put back within six hours: cost-sentry approval list"
    if done.approvals:
        yield "approvals are not lifted; these are in force still:"
        yield records((one.id, [*_approved(one), ("end it", one.undo)]) for one in done.approvals)


def _restraint(measure: Measure) -> list[tuple[str, str]]:
    return [
        (measure.kind.value, scope_text(measure.scope)),
        ("by", measure.why),
        ("until", measure.until.isoformat()),
    ]


def _approved(measure: Measure) -> Iterator[tuple[str, str]]:
    if measure.budget_id is not None:
        yield "raises", f"budget {measure.budget_id}"
    if measure.price_class is not None:
        yield "grants", f"models up to {measure.price_class} for {scope_text(measure.scope)}"
    yield "until", measure.until.isoformat()


def _measure(measure: Measure | None) -> dict[str, Any] | None:
    if measure is None:
        return None
    return {
        "kind": measure.kind.value,
        "until": measure.until.isoformat(),
        "usdPerMinute": _usd(measure.amount),
    }


def _lead(lead: Lead | None) -> dict[str, Any] | None:
    if lead is None:
        return None
    return {
        "name": lead.name,
        "usd": dollars_text(lead.picodollars),
        "ofUsd": dollars_text(lead.of_picodollars),
    }


def _usd(picodollars: int | None) -> str | None:
    return None if picodollars is None else dollars_text(picodollars)
