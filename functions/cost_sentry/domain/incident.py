"""One incident for each scope that burns money unlike itself: what was seen, and what was done.

```
             sighting                    worse, prolonged
 nothing ──────────────▶ OPEN, ACTING ──────────────────▶ the same, revised
                          │        │
      cool-down, ended ◀──┘        └──▶ an owner lifts it
          CLOSED                            LIFTED
```

Sightings may come twice, late and in any order. So an incident only takes from one what is more
than it knows: a worse severity, an earlier begin, a later sign. What is not more changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

from cost_sentry.domain.anomaly import Severity
from cost_sentry.domain.anomaly_rules import Action, AnomalyRule, stricter, worse
from cost_sentry.domain.measure import Measure, MeasureKind

PROLONGED_BY = timedelta(minutes=1)
"""A sign that is later by less changes nothing: a storm of them costs no writes."""
LATE = timedelta(hours=1)
"""A sighting that took longer to come is told, and nothing is done for it: it may be long over."""


class IncidentState(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    """It is told, and nothing else is done."""
    ACTING = "acting"
    """A measure is in force for it, or about to be."""
    CLOSED = "closed"
    """It ended by itself."""
    LIFTED = "lifted"
    """Somebody ended it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What an alarm or the detector told. Amounts are picodollars a minute; ``None``: unknown."""

    scope: Mapping[str, str]
    """As of a budget: ``team``; ``team`` and ``application``; or ``model``, without geography."""
    severity: Severity
    since: datetime
    seen_at: datetime
    source: str
    """``detector``, or the alarm's name."""
    usual: int | None = None
    seen: int | None = None
    percent: int | None = None
    """Of what is usual, of whatever is unlike itself: not of money alone."""
    how: str = ""
    """Which parts of the spending are unlike themselves, in a few words; empty: nobody knows."""
    has_ended: bool = False
    """It is over, by whoever told."""


class StepKind(StrEnum):
    """What a revision of an incident is for."""

    OPENED = "opened"
    WORSE = "worse"
    PROLONGED = "prolonged"
    CALMED = "calmed"
    NOT_ACTED = "not-acted"
    LIFTED = "lifted"
    CLOSED = "closed"


UNTOLD = frozenset({StepKind.PROLONGED, StepKind.CALMED})
"""Revisions that nobody gets a mail about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """Who stands out in the evidence, and what of the whole is theirs."""

    name: str
    picodollars: int
    of_picodollars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of the spending itself, beside what was told."""

    application: Lead | None = None
    """``team/application``."""
    model: Lead | None = None
    budget_id: str | None = None
    """Whose window both were read of."""
    window_id: str | None = None


NO_EVIDENCE = Evidence()


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """As of one revision; steps of an incident are kept for good."""

    id: str
    scope: Mapping[str, str]
    revision: int
    """Of the scope's record: it goes on from one incident to the next."""
    state: IncidentState
    step: StepKind
    """What this revision was for."""
    at: datetime
    """When it was made."""
    by: str
    """Who made it: the sentry, or a person's name as AWS tells it."""
    severity: Severity
    since: datetime
    opened_at: datetime
    seen_at: datetime
    """The last sign that it goes on."""
    ends_at: datetime
    """When the cool-down is over; nothing has to run for its measure to end then."""
    source: str
    usual: int | None
    seen: int | None
    percent: int | None
    how: str
    evidence: Evidence
    action: Action
    told: tuple[str, ...]
    """E-mail addresses of whom the rule names, beside the owners'."""
    cool_down_minutes: int
    measure: Measure | None = None
    """In force, or about to be."""
    replaced: tuple[Measure, ...] = ()
    """What it took the place of, to be lifted."""
    note: str = ""
    """Why less was done than the rule says; or why it was lifted."""
    told_revision: int = 0
    """The last one that is worth a mail."""
    quiet_until: datetime | None = None
    """After it was lifted by a person: until then the scope is not acted on for the same."""

    @property
    def is_over(self) -> bool:
        """Whether it is on record that it ended."""
        return self.state in (IncidentState.CLOSED, IncidentState.LIFTED)

    def is_due(self, now: datetime) -> bool:
        """Whether its cool-down is over, and nobody has recorded that."""
        return not self.is_over and now >= self.ends_at

    @property
    def measures(self) -> tuple[Measure, ...]:
        """All that it put in force or was about to, as far as they may still last."""
        return (*self.replaced, *((self.measure,) if self.measure else ()))


def scope_key(scope: Mapping[str, str]) -> str:
    """The name of a scope's record: ``application=web,team=search``."""
    return ",".join(f"{name}={value}" for name, value in sorted(scope.items()))


def incident_id(scope: Mapping[str, str], revision: int) -> str:
    """The same for everybody who opens it at this revision of the scope's record."""
    text = f"{scope_key(scope)}\n{revision}"
    return f"i-{blake2b(text.encode(), digest_size=5, person=b'incident').hexdigest()}"


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


def projected_picodollars(incident: Incident) -> int | None:
    """What the scope costs from the last sign until midnight, in UTC, if it goes on like that."""
    if incident.seen is None:
        return None
    midnight = incident.seen_at.replace(hour=0, minute=0, second=0, microsecond=0)
    left = midnight + timedelta(days=1) - incident.seen_at
    return incident.seen * int(left.total_seconds()) // 60


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
    how = "" if incident.percent is None else f" ({incident.percent} % of what is usual)"
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
    """What was only told is over. What was acted on may be quiet because of that: it waits."""
    if sighting.seen_at <= incident.seen_at:
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
