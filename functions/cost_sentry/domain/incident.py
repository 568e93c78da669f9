"""One incident for each scope that burns money unlike itself: what was seen, and what was done.

```
             sighting                    worse, prolonged, acted, again, joined
 nothing ──────────────▶ OPEN, ACTING ──────────────────▶ the same, revised
                          │        │
      an hour without ◀───┘        └──▶ an owner lifts it
      a sign: CLOSED                        LIFTED
      only told, and taken for usual: CLOSED
```

What is done ends at ``ends_at``. Then the scope is watched for an hour: a sign that comes in it
belongs to the same incident, and is acted on for longer than before.

``incident_course`` says how one becomes the next.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

from cost_sentry.domain.anomaly import Severity
from cost_sentry.domain.anomaly_rules import Action
from cost_sentry.domain.budget import MODEL_TAG
from cost_sentry.domain.measure import Measure


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
    is_adopted: bool = False
    """It goes on, and is over because it is taken for usual from now on: ``usual``."""
    joined: tuple[str, ...] = ()
    """Keys of wider scopes that show the same, and that this one explains."""
    is_compared: bool = False
    """Whoever told has looked for a narrower scope that explains it, and found none."""


class StepKind(StrEnum):
    """What a revision of an incident is for."""

    OPENED = "opened"
    WORSE = "worse"
    PROLONGED = "prolonged"
    ACTED = "acted"
    """It was told only, and now more is done."""
    AGAIN = "again"
    """It came back after what was done had ended."""
    JOINED = "joined"
    """Another scope shows the same."""
    CALMED = "calmed"
    ADOPTED = "taken-for-usual"
    """It went on for so long that nothing more is told of it."""
    NOT_ACTED = "not-acted"
    LIFTED = "lifted"
    CLOSED = "closed"


UNTOLD = frozenset({StepKind.PROLONGED, StepKind.JOINED, StepKind.CALMED})
"""Revisions that nobody gets a mail about."""
WATCHED = timedelta(hours=1)
"""After what is done has ended: an incident is over when no sign has come for so long."""


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
    step: StepKind | str
    """What this revision was for; a plain text is another version's word for it."""
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
    """When the cool-down is over; nothing has to run for its measure to end then.

    Signs in the first half of it are not recorded: they would not make it much longer.
    """
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
    """As the rule has it."""
    lasts_minutes: int
    """How long it is acted on after a sign, this time: longer each time that it came back."""
    awaited: datetime
    """When the sign was seen whose workflow waits for the end; those of others need not."""
    told_at: datetime
    """When the last mail was written."""
    joined: tuple[str, ...] = ()
    """Keys of other scopes that show the same."""
    acts_on: Mapping[str, str] | None = None
    """What is acted on, where a narrower scope than its own explains it."""
    narrowed_at: datetime | None = None
    """Since when."""
    adopted_at: datetime | None = None
    """When what goes on was taken for usual; ``None``: it was not, or became more since."""
    adopted: int | None = None
    """What is usual since then, a minute."""
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
    def cause(self) -> Mapping[str, str]:
        """What explains it, as far as it is known."""
        return self.acts_on if self.acts_on is not None else self.scope

    @property
    def is_usual(self) -> bool:
        """Whether it goes on, and is taken for usual; not what a person ended after that."""
        return self.adopted_at is not None and self.state is not IncidentState.LIFTED

    @property
    def is_over(self) -> bool:
        """Whether it is on record that it ended."""
        return self.state in (IncidentState.CLOSED, IncidentState.LIFTED)

    @property
    def closes_at(self) -> datetime:
        """When it is over, unless a sign comes."""
        return self.ends_at + WATCHED

    def is_lapsed(self, now: datetime) -> bool:
        """Whether nothing is done for it any more, and it is watched whether it comes back."""
        return not self.is_over and now >= self.ends_at

    def is_due(self, now: datetime) -> bool:
        """Whether it is over, and nobody has recorded that."""
        return not self.is_over and now >= self.closes_at

    def is_quiet(self, at: datetime) -> bool:
        """Whether a person lifted it, and the same is not acted on yet."""
        return self.quiet_until is not None and at < self.quiet_until

    @property
    def measures(self) -> tuple[Measure, ...]:
        """All that it put in force or was about to, as far as they may still last."""
        return (*self.replaced, *((self.measure,) if self.measure else ()))


def scope_key(scope: Mapping[str, str]) -> str:
    """The name of a scope's record: ``application=web,team=search``."""
    return ",".join(f"{name}={value}" for name, value in sorted(scope.items()))


def model_in(key: str) -> str | None:
    """The model of a scope's record of this name, if it is a model's and of nothing else."""
    name, _, value = key.partition("=")
    return value if name == MODEL_TAG else None


def incident_id(scope: Mapping[str, str], revision: int) -> str:
    """The same for everybody who opens it at this revision of the scope's record."""
    text = f"{scope_key(scope)}\n{revision}"
    return f"i-{blake2b(text.encode(), digest_size=5, person=b'incident').hexdigest()}"


def projected_picodollars(incident: Incident) -> int | None:
    """What the scope costs from the last sign until midnight, in UTC, if it goes on like that."""
    if incident.seen is None:
        return None
    midnight = incident.seen_at.replace(hour=0, minute=0, second=0, microsecond=0)
    left = midnight + timedelta(days=1) - incident.seen_at
    return incident.seen * int(left.total_seconds()) // 60
