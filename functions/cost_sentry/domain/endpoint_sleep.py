"""The sleep of an endpoint as a record: what was done, what comes next, and nothing skipped.

A sleep is **closed** only when the endpoint has answered again, or its owner has ended it. Before
anything is taken away the **snapshot** is read back and compared, or the sleep is **abandoned** and
the endpoint left as it is. The record is written before each deed: it says what may have been done.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from cost_sentry.domain.endpoint import Endpoint, EndpointKind, EndpointState, Snapshot
from cost_sentry.domain.endpoint_saving import (
    NOTHING,
    Months,
    Saving,
    added,
    saved_by_month,
    summed,
)
from cost_sentry.domain.errors import invariant
from cost_sentry.domain.instance_price import HourlyPrices
from cost_sentry.domain.reservation import Reservation

CLAIM = timedelta(minutes=3)
"""For so long nobody else works on an endpoint. A run lasts two minutes at most, so whoever died
over it does nothing any more when its claim ends."""
REFUSED_FOR = timedelta(minutes=5)
"""After a wake that no budget could pay."""
WANTED_FOR = timedelta(hours=2)
"""A wish that nobody repeats for so long wakes nobody any more: longer than any pause between two
tries, so that each is tried once at least. Callers who still wait ask again by themselves."""
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
ANSWERS = "it is in service, and answered a call"


class SleepState(StrEnum):
    """How far it is."""

    SNAPSHOT = "snapshot taken"
    VERIFIED = "snapshot verified"
    FALLING_ASLEEP = "falling asleep"
    """From here on it may be gone."""
    ASLEEP = "asleep"
    RESTORING = "waking"
    """From here on it may cost money again, and a reservation holds it."""
    ANSWERED = "awake, and it answers"
    CLOSED = "closed"
    LEFT = "left awake"
    """In service without an answer, and it may not be taken away: its sleep ends by that."""
    ABANDONED = "abandoned"
    """It never slept."""


LEGAL: Mapping[SleepState, frozenset[SleepState]] = {
    SleepState.SNAPSHOT: frozenset({SleepState.VERIFIED, SleepState.ABANDONED}),
    SleepState.VERIFIED: frozenset({SleepState.FALLING_ASLEEP, SleepState.ABANDONED}),
    SleepState.FALLING_ASLEEP: frozenset({SleepState.ASLEEP, SleepState.ABANDONED}),
    SleepState.ASLEEP: frozenset({SleepState.RESTORING, SleepState.CLOSED}),
    SleepState.RESTORING: frozenset(
        {SleepState.ANSWERED, SleepState.ASLEEP, SleepState.CLOSED, SleepState.LEFT}
    ),
    SleepState.ANSWERED: frozenset({SleepState.CLOSED}),
    SleepState.CLOSED: frozenset(),
    SleepState.LEFT: frozenset(),
    SleepState.ABANDONED: frozenset(),
}
"""Which states follow. A sleep that has ended is followed by another sleep only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slept(Saving):
    """What all sleeps of an endpoint have come to."""

    sleeps: int = 0
    restores: int = 0
    """Times that it was woken by the sentry, and answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SleepRecord:
    """One endpoint's sleep, the last one. Moments are whole milliseconds, in UTC."""

    endpoint: str
    cycle: int
    """Names this sleep: one more than that of the sleep before. The first is the second in which it
    began, so that an endpoint made again under a forgotten name repeats none: mails and wakes are
    once for each."""
    state: SleepState
    since: datetime
    """When the state was reached."""
    snapshot: Snapshot
    reason: str
    """Why it is in this state, in one sentence."""
    revision: int = 0
    """Changes with every write, so that of two writers one is told that it is late."""
    claimed_until: datetime = LONG_AGO
    """Until then one run works on it, and all others leave it alone."""
    slept_at: datetime | None = None
    """When it was seen asleep first, in this sleep."""
    wakes: int = 0
    """How many reservation ids of this sleep are used up; each try of a wake has its own."""
    is_asking: bool = False
    """The ledger is asked to pay for the next wake; if its answer is lost, it may hold that."""
    held: Reservation | None = None
    """What pays for the wake under way, or last."""
    has_begun: bool = False
    """Of the wake that ``held`` pays for: SageMaker took the order, so instances may have run."""
    posted_picodollars: int | None = None
    """Of the wake that is under way, or failed last, if that was posted before it ended."""
    restoring_since: datetime | None = None
    """Of the wake that is under way, or was last."""
    failures: int = 0
    """Tries that came to nothing, one after the other: of wakes, since one answered or was refused;
    of sleeps, since one was taken."""
    not_before: datetime = LONG_AGO
    """No wake before, because one failed; of an abandoned sleep, no other before."""
    wanted_at: datetime | None = None
    """Somebody asked for it, and is not served yet. Kept beside the record: whoever asks need not
    wait for who works on it."""
    prices: HourlyPrices = field(default_factory=dict)
    """Of its instances, when it was to fall asleep; those that were known."""
    total: Slept = Slept()
    this: Saving = NOTHING
    """What this sleep has saved until it was last woken; it may have slept on since."""
    months: Months = field(default_factory=dict)
    """The same of all its sleeps, by month."""

    @property
    def has_ended(self) -> bool:
        """Whether the endpoint is its owner's alone again."""
        return not LEGAL[self.state]

    @property
    def wake_id(self) -> str:
        """The request id of the reservation that pays for the wake under way, or for the next."""
        return f"wake:{self.endpoint}:{self.cycle}.{self.wakes}"

    @property
    def is_served(self) -> bool:
        """Whether nobody needs to ask for it any more: it is there."""
        return self.has_ended or self.state is SleepState.ANSWERED

    @property
    def is_put_off(self) -> bool:
        """Whether a wake failed, or was refused, after it fell asleep."""
        return self.not_before > self.since

    @property
    def wake_began(self) -> datetime:
        """Of the wake that is under way, or was last; without one, of the state."""
        return self.restoring_since or self.since

    @property
    def sleeps_well(self) -> bool:
        """Whether nothing of it is left to be done until it is wanted, or its owner does it."""
        return self.state is SleepState.ASLEEP and self.held is None and not self.is_asking

    def has_stirred(self, changed_at: datetime | None) -> bool:
        """Whether its owner may have done something with it since it fell asleep.

        Args:
            changed_at: as the list of all endpoints has it; ``None``: it is not on it.
        """
        if self.snapshot.endpoint.kind is EndpointKind.PLAIN:
            return changed_at is not None
        return changed_at is None or changed_at > self.since

    def is_as_it_fell_asleep(self, seen: Endpoint | None) -> bool:
        """Whether it sleeps on, or is on the way to sleep; ``None``: it is not there."""
        was = self.snapshot.endpoint
        if seen is None:
            return was.kind is EndpointKind.PLAIN
        is_same = was.kind is EndpointKind.PLAIN or seen.made_at == was.made_at
        return is_same and seen.state in {EndpointState.ASLEEP, EndpointState.CHANGING}

    def is_wanted(self, now: datetime) -> bool:
        """Whether somebody asked for it so lately that it is woken for that."""
        return self.wanted_at is not None and now - self.wanted_at < WANTED_FOR

    def is_claimed(self, now: datetime) -> bool:
        """Whether some run works on it."""
        return now < self.claimed_until


def first_sleep(snapshot: Snapshot, before: SleepRecord | None, now: datetime) -> SleepRecord:
    """The record of a sleep that begins now, claimed by who begins it; ``before`` has ended."""
    invariant(before is None or before.has_ended, "sleep", "a sleep that has not ended")
    was_abandoned = before is not None and before.state is SleepState.ABANDONED
    return SleepRecord(
        endpoint=snapshot.endpoint.name,
        cycle=before.cycle + 1 if before else int(now.timestamp()),
        state=SleepState.SNAPSHOT,
        since=now,
        snapshot=snapshot,
        reason="its snapshot was taken",
        revision=before.revision + 1 if before else 1,
        claimed_until=now + CLAIM,
        failures=before.failures if before and was_abandoned else 0,
        total=before.total if before else Slept(),
        months=before.months if before else {},
    )


def claimed(record: SleepRecord, now: datetime) -> SleepRecord:
    """The same record, worked on by who writes this."""
    return replace(record, revision=record.revision + 1, claimed_until=now + CLAIM)


def released(record: SleepRecord) -> SleepRecord:
    """The same record, free for whoever comes next."""
    return replace(record, revision=record.revision + 1, claimed_until=LONG_AGO)


def moved(record: SleepRecord, to: SleepState, now: datetime, reason: str) -> SleepRecord:
    """The record in its next state, still claimed; ``InvariantViolated`` if that may not follow."""
    invariant(to in LEGAL[record.state], "sleep", f"{record.state.value} to {to.value}")
    return replace(claimed(record, now), state=to, since=now, reason=reason)


def fell_asleep(record: SleepRecord, now: datetime) -> SleepRecord:
    """It was seen asleep."""
    total = replace(record.total, sleeps=record.total.sleeps + 1)
    asleep = moved(record, SleepState.ASLEEP, now, "it has no instances")
    return replace(asleep, slept_at=now, failures=0, total=total)


def asking(record: SleepRecord, now: datetime) -> SleepRecord:
    """The ledger is asked next: whoever finds this knows what it may hold."""
    return replace(claimed(record, now), is_asking=True)


def woken(
    record: SleepRecord, held: Reservation, now: datetime, reason: str, prices: HourlyPrices
) -> SleepRecord:
    """Its wake begins, and with it what it costs; what it saved until now is added up."""
    waking = moved(with_saving(record, now, prices), SleepState.RESTORING, now, reason)
    anew = replace(waking, restoring_since=now, has_begun=False, posted_picodollars=None)
    return replace(anew, held=held, is_asking=False)


def begun(record: SleepRecord, now: datetime) -> SleepRecord:
    """SageMaker took the order to wake it."""
    return replace(claimed(record, now), has_begun=True)


def paid(record: SleepRecord, now: datetime) -> SleepRecord:
    """What a wake that failed has held is posted, or given back."""
    return replace(claimed(record, now), held=None, has_begun=False)


def posted(record: SleepRecord, now: datetime, picodollars: int) -> SleepRecord:
    """So much is posted of a wake that may go on; nobody pays for it any more."""
    return replace(claimed(record, now), held=None, posted_picodollars=picodollars)


def put_off(record: SleepRecord, now: datetime, reason: str, *, id_is_used: bool) -> SleepRecord:
    """It may not wake now, and sleeps on; nothing is held for it."""
    pause = timedelta() if id_is_used else REFUSED_FOR
    refused = replace(record, reason=reason, not_before=now + pause, failures=0)
    return unasked(refused, now, id_is_used=id_is_used)


def unasked(record: SleepRecord, now: datetime, *, id_is_used: bool) -> SleepRecord:
    """The ledger holds nothing for it; the next wake takes another id if this one is used up."""
    return replace(claimed(record, now), is_asking=False, wakes=record.wakes + int(id_is_used))


def answered(record: SleepRecord, now: datetime, reason: str = ANSWERS) -> SleepRecord:
    """It is in service, and has answered."""
    total = replace(record.total, restores=record.total.restores + 1)
    return replace(moved(record, SleepState.ANSWERED, now, reason), failures=0, total=total)


def with_saving(record: SleepRecord, until: datetime, prices: HourlyPrices) -> SleepRecord:
    """With what was saved from ``record.since`` on, in which it slept, until then."""
    fleets = record.snapshot.endpoint.fleets
    more = saved_by_month(fleets, record.since, until, prices)
    saved = summed(more)
    total = replace(
        record.total,
        seconds=record.total.seconds + saved.seconds,
        saved_picodollars=record.total.saved_picodollars + saved.saved_picodollars,
        unpriced_seconds=record.total.unpriced_seconds + saved.unpriced_seconds,
    )
    return replace(record, total=total, this=record.this + saved, months=added(record.months, more))
