"""How one revision of an incident follows another: its number, its mail, how long it lasts."""

from dataclasses import replace
from datetime import datetime, timedelta

from cost_sentry.domain.incident import UNTOLD, Incident, Sighting, StepKind

LASTS_MINUTES_MAX = 24 * 60
"""Each time that it came back it is acted on for twice as long, up to this."""


def next_revision(
    incident: Incident, step: StepKind, now: datetime, *, is_told: bool = True
) -> Incident:
    """Of which a mail is written, unless it is of a kind that is not told, or this one is not."""
    revision, is_news = incident.revision + 1, is_told and step not in UNTOLD
    return replace(
        incident,
        revision=revision,
        step=step,
        at=now,
        by="the sentry",
        told_revision=revision if is_news else incident.told_revision,
        told_at=now if is_news else incident.told_at,
    )


def signed(
    incident: Incident, sighting: Sighting, step: StepKind, now: datetime, *, is_told: bool = True
) -> Incident:
    """The next revision, for a sign; whoever brought one that is told waits for the end."""
    base = next_revision(incident, step, now, is_told=is_told)
    return replace(
        base,
        seen_at=max(incident.seen_at, sighting.seen_at),
        joined=tuple(dict.fromkeys((*incident.joined, *sighting.joined))),
        awaited=incident.awaited if step in UNTOLD else sighting.seen_at,
        adopted_at=incident.adopted_at if step in UNTOLD else None,
        adopted=incident.adopted if step in UNTOLD else None,
    )


def longer(incident: Incident) -> int:
    """Minutes: how long it is acted on when it comes back once more."""
    return max(min(2 * incident.lasts_minutes, LASTS_MINUTES_MAX), incident.cool_down_minutes)


def later_end(incident: Incident, now: datetime) -> datetime:
    """Of what is done, after a sign of now; never earlier than it was."""
    return max(incident.ends_at, now + minutes(incident.lasts_minutes))


def minutes(count: int) -> timedelta:
    """So many."""
    return timedelta(minutes=count)
