"""What putting endpoints to sleep needs from the world.

Deeds may be repeated: whoever died over one does it again. A fault says nothing of whether the deed
was done, unless its kind says so.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cost_sentry.domain.endpoint import Activity, Endpoint, Likeness, Snapshot
from cost_sentry.domain.endpoint_sleep import SleepRecord
from cost_sentry.domain.errors import CostSentryError
from cost_sentry.domain.instance_price import HourlyPrices
from cost_sentry.domain.job_guard import Job, JobKind


class EndpointFault(CostSentryError):  # noqa: N818 - named as what is raised about it
    """SageMaker, its scaling or its metrics could not be asked, or did not answer."""


class EndpointDenied(EndpointFault):
    """The sentry's role may not do this to this endpoint. Nothing was done."""


class EndpointBusy(EndpointFault):
    """It is changing, or is not as one thought it is. Nothing was done; look again."""


class EndpointRefused(EndpointFault):
    """SageMaker will not do it as long as something else stays as it is. Nothing was done."""


class EndpointThrottled(EndpointFault):
    """Asked more often than it answers. Nothing was done; whoever comes later goes on."""


class EndpointHalfDone(EndpointFault):
    """SageMaker took a part of the order and not the rest; what it took has begun."""


WILL_NOT = (EndpointDenied, EndpointRefused, EndpointHalfDone)
"""An order that is not taken, or not wholly, as long as things stay as they are."""


class Endpoints(Protocol):
    """Endpoints of this account and Region. Every method raises ``EndpointFault``."""

    def named(self) -> Sequence[str]:
        """Names of the endpoints that may sleep, by their tag."""
        ...

    def look(self, name: str) -> Endpoint | None:
        """As it is now; ``None``: there is none of this name."""
        ...

    def snapshot(self, name: str) -> Snapshot:
        """Everything that it is made again from, read now."""
        ...

    def put_to_sleep(self, snapshot: Snapshot) -> None:
        """Begin to take away its instances, if it still is what the snapshot shows."""
        ...

    def why_not_again(self, snapshot: Snapshot) -> str | None:
        """What is missing of what it would be made again from, or would not come back, in words.

        ``None``: nothing.
        """
        ...

    def restore(self, snapshot: Snapshot) -> None:
        """Begin to make it again, as the snapshot says and not as others say by now.

        Nothing happens to what has begun already, nor to parts that its owner deleted meanwhile.
        """
        ...

    def likeness(self, snapshot: Snapshot) -> Likeness | None:
        """How the endpoint that is there compares with it; ``None``: there is none."""
        ...

    def take_back(self, snapshot: Snapshot) -> None:
        """Begin to take away one that could not be made, hangs, or does not answer.

        Nothing happens to what is gone, or on the way. ``EndpointBusy``: SageMaker will not yet;
        ``EndpointHalfDone``: of a part of it, and the rest is on the way.
        """
        ...

    def finish(self, snapshot: Snapshot) -> None:
        """Give it back its scaling rules, and end what watched it in its sleep.

        Rules that somebody else made meanwhile stay.
        """
        ...

    def let_go(self, snapshot: Snapshot) -> None:
        """End what watched it in its sleep, and touch nothing else."""
        ...

    def listed(self) -> Mapping[str, datetime]:
        """Every endpoint there is, and when it or a component of it was changed last."""
        ...

    def answers(self, snapshot: Snapshot, probe: str | None) -> bool:
        """Whether it answers a call. A model that calls the probe malformed has answered."""
        ...


class EndpointFigures(Protocol):
    """What metrics tell. Every method raises ``EndpointFault``."""

    def activities(
        self, endpoints: Sequence[Endpoint], since: datetime, now: datetime
    ) -> Mapping[str, Activity]:
        """By name; one whose metrics could not be read is missing."""
        ...

    def called_in_vain(
        self, sleepers: Sequence[Snapshot], since: datetime, now: datetime
    ) -> Collection[str]:
        """Names of those that were called although they sleep."""
        ...

    def served(self, endpoint: Endpoint, since: datetime, now: datetime) -> int:
        """Calls that it has answered, and not by an error of its own."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AllSleeps:
    """What is on record."""

    records: Sequence[SleepRecord] = ()
    unreadable: Sequence["UnreadableSleep"] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableSleep:
    """A record that this version cannot read. It is kept."""

    endpoint: str
    why: str


class SleepRecords(Protocol):
    """The last sleep of every endpoint. Every method raises ``LedgerUnavailable``."""

    def read(self, endpoint: str) -> SleepRecord | None:
        """As it is now, not as it was; ``None``: it never slept."""
        ...

    def all(self) -> "AllSleeps":
        """Every endpoint's, by name; one that cannot be read hides no other."""
        ...

    def forget(self, record: SleepRecord) -> bool:
        """Whether it was deleted; not if somebody wrote since it was read."""
        ...

    def put(self, record: SleepRecord, replaces: SleepRecord | None) -> bool:
        """Whether this took the place of ``replaces``; not if another writer was first.

        If it was, but the answer was lost, the next attempt is told that it was late. That
        somebody asked for the endpoint stays, unless ``record.is_served``.
        """
        ...

    def want(self, endpoint: str, at: datetime) -> None:
        """Note that somebody asked for it; nothing happens if it has no record."""
        ...


class InstancePrices(Protocol):
    """List prices of this Region."""

    @property
    def version(self) -> str:
        """Names the exact list."""
        ...

    def hourly(self) -> HourlyPrices:
        """See ``HourlyPrices``; a type that is missing has no known price."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitedJob:
    """A job or notebook that runs and carries a limit as a tag."""

    kind: JobKind
    name: str
    tags: Mapping[str, str]


class Jobs(Protocol):
    """Training jobs and notebook instances. Every method raises ``EndpointFault``."""

    def running(self, kind: JobKind) -> Iterator[Sequence[LimitedJob]]:
        """Page by page, each asked for when it is taken; a page may be empty.

        What has ended, is being stopped, or carries no limit is not told. A page that cannot be
        read raises, and the pages before it hold.
        """
        ...

    def look(self, one: LimitedJob) -> Job | None:
        """As it is now; ``None``: it runs no more, or still waits for its instances."""
        ...

    def stop(self, kind: JobKind, name: str) -> None:
        """Begin to stop it. Nothing happens if it has stopped or is stopping."""
        ...
