"""Set calls aside for outages while the ledger can be asked, and book what one has left behind."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from cost_sentry.application.config_document import config_to_document
from cost_sentry.application.decision_log_ports import RejectionLog
from cost_sentry.application.emergency_booking import Booking
from cost_sentry.application.emergency_ports import (
    Claimant,
    EmergencyStore,
    Slot,
    StoreUnavailable,
    StoreUnreadable,
)
from cost_sentry.application.emergency_slots import PrepaidCalls, prepaid_calls
from cost_sentry.application.ports import (
    Clock,
    ConfigSource,
    Ledger,
    PriceBook,
    Reserved,
    SameId,
    Shortage,
    Stored,
)
from cost_sentry.domain.emergency import SlotName, slot_name_of
from cost_sentry.domain.errors import (
    ConfigurationError,
    CostSentryError,
    LedgerBehind,
    LedgerUnavailable,
)
from cost_sentry.domain.sentry_config import HOLD_SECONDS, SentryConfig

Index = tuple[str, int]
"""Allowance id, and which of its calls of a day."""


@dataclass(slots=True, kw_only=True)
class Upkeep:
    """What one run did."""

    set_aside: int = 0
    """Slots that the ledger holds now, and that may be claimed."""
    booked: int = 0
    """Slots of calls, whose cost is where it belongs now."""
    given_back: int = 0
    """Slots that nobody wants any more."""
    problems: list[str] = field(default_factory=list)
    """What could not be done now; it comes again."""

    @property
    def changes(self) -> int:
        """How much of the run's bound is used."""
        return sum(self.counts.values())

    @property
    def counts(self) -> dict[str, int]:
        """By name, for a log."""
        return {
            "set_aside": self.set_aside,
            "booked": self.booked,
            "given_back": self.given_back,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceKeeper:
    """``run`` with its ports bound."""

    config_source: ConfigSource
    price_book: PriceBook
    ledger: Ledger
    store: EmergencyStore
    log: RejectionLog
    clock: Clock

    def run(self, run_id: str, changes_max: int) -> Upkeep:
        """Do at most ``changes_max`` things; safe to repeat, to cut off, and to run beside itself.

        Never raises for want of the ledger or the store: what is left comes again. Without any
        allowance, and nothing left of one, it costs one look at the configuration and one listing.

        Args:
            run_id: names this run among those that run beside it.
            changes_max: of slots set aside, booked and given back.
        """
        upkeep = Upkeep()
        try:
            _Run(self, upkeep, run_id, changes_max).all()
        except (LedgerUnavailable, StoreUnavailable, ConfigurationError) as error:
            upkeep.problems.append(str(error))
        return upkeep


class _Run:
    """One run: what is there is read once, at its start."""

    def __init__(
        self, keeper: AllowanceKeeper, upkeep: Upkeep, run_id: str, changes_max: int
    ) -> None:
        self._on, self._upkeep = keeper, upkeep
        self._run_id, self._changes_max = run_id, changes_max
        self._config = keeper.config_source.current()
        self._now = keeper.clock.now()
        self._booking = Booking(
            ledger=keeper.ledger,
            store=keeper.store,
            log=keeper.log,
            now=self._now,
            hold_seconds=self._config.hold_seconds if self._config else HOLD_SECONDS,
        )

    def all(self) -> None:
        there = self._on.store.slot_ids()
        prepaid = self._prepaid(self._config) if self._config else []
        # Also when the last allowance has gone, before what it left goes too.
        if self._config and (self._config.emergency_allowances or there):
            self._mirror(self._config)
        if not prepaid and not there:
            return
        claims = self._claims(there, prepaid)
        wanted = [(calls, _turn_of_each(calls, claims)) for calls in prepaid]
        texts = {name.text for _, names in wanted for name in names}
        left = [slot_id for slot_id in there if not self._ended(slot_id, texts, claims)]
        self._set_aside(wanted, left, claims)

    def _prepaid(self, config: SentryConfig) -> list[PrepaidCalls]:
        found = []
        for allowance in config.emergency_allowances:
            calls = prepaid_calls(allowance, config, self._on.price_book, self._now)
            if calls is None:
                self._upkeep.problems.append(
                    f"emergency allowance {allowance.id}: {allowance.model_id} has no price in"
                    f" price book {self._on.price_book.version}, or no budget covers it"
                )
            else:
                found.append(calls)
        return found

    def _mirror(self, config: SentryConfig) -> None:
        stored = self._on.store.config()
        mirrored = (stored.version, stored.measures) if stored else None
        if mirrored != (config.version, config.measures):
            document = config_to_document(config)
            self._on.store.put_config(Stored(config.version, document, config.measures))

    def _claims(
        self, there: Sequence[str], prepaid: Sequence[PrepaidCalls]
    ) -> Mapping[str, Claimant]:
        names = (slot_name_of(slot_id) for slot_id in there)
        days = {name.day for name in names if name} | {calls.day for calls in prepaid}
        found: dict[str, Claimant] = {}
        for day in sorted(days):
            found |= self._on.store.claims(day)
        return found

    def _ended(self, slot_id: str, wanted: set[str], claims: Mapping[str, Claimant]) -> bool:
        """Whether this slot is gone for good now. One that fails does not hold up the others."""
        if self._is_full():
            return False
        with self._noting(slot_id):
            if claims.get(slot_id) is Claimant.CALL:
                done = self._booking.book(slot_id)
                self._upkeep.booked += done
                return done
            if slot_id in claims or slot_id not in wanted:
                done = self._booking.give_back(slot_id)
                self._upkeep.given_back += done
                return done
        return False

    @contextmanager
    def _noting(self, what: str) -> Iterator[None]:
        """Go on after a fault of this thing alone, not after one that the next would meet too."""
        try:
            yield
        except CostSentryError as error:
            busy = isinstance(error, LedgerUnavailable) and not isinstance(error, LedgerBehind)
            lost = isinstance(error, StoreUnavailable) and not isinstance(error, StoreUnreadable)
            if busy or lost:
                raise
            self._upkeep.problems.append(f"{what}: {error}")

    def _is_full(self) -> bool:
        return self._upkeep.changes >= self._changes_max

    def _set_aside(
        self,
        wanted: Sequence[tuple[PrepaidCalls, list[SlotName]]],
        left: Sequence[str],
        claims: Mapping[str, Claimant],
    ) -> None:
        """One call per index and day, however often the allowance changes: none that was used."""
        used = [slot_id for slot_id, who in claims.items() if who is Claimant.CALL]
        days = {calls.day for calls, _ in wanted}
        names = [name for slot_id in (*left, *used) if (name := slot_name_of(slot_id))]
        in_use = {(name.allowance_id, name.index) for name in names if name.day in days}
        for calls, turn in wanted:
            missing = [name for name in turn if (name.allowance_id, name.index) not in in_use]
            with self._noting(f"emergency allowance {calls.allowance.id}"):
                self._set_aside_calls(calls, missing)

    def _set_aside_calls(self, calls: PrepaidCalls, missing: Sequence[SlotName]) -> None:
        for at, name in enumerate(missing):
            now = self._on.clock.now()
            if self._is_full() or not self._is_current(calls, now):
                return
            short = self._set_one_aside(calls, name, now)
            if short:
                self._upkeep.problems.append(
                    f"emergency allowance {calls.allowance.id}: budget {short.hold.budget_id} has"
                    f" too little left to set {len(missing) - at} of its"
                    f" {calls.allowance.calls_per_day} calls aside"
                )
                return

    def _is_current(self, calls: PrepaidCalls, now: datetime) -> bool:
        """Whether they hold what such calls hold now: a run may go on over midnight."""
        config, book = self._config, self._on.price_book
        return config is not None and prepaid_calls(calls.allowance, config, book, now) == calls

    def _set_one_aside(self, calls: PrepaidCalls, name: SlotName, now: datetime) -> Shortage | None:
        """The ledger first: nothing is offered that it does not hold."""
        held = self._on.ledger.reserve(calls.reservation(name, self._run_id, now))
        if isinstance(held, Reserved):
            self._on.store.put_slot(Slot(reservation=held.reservation, price=calls.price))
            self._upkeep.set_aside += 1
        elif isinstance(held, SameId):
            # It ended before it was offered. So that nobody waits for it: the next turn is due.
            self._on.store.claim(name.text, None)
        return held if isinstance(held, Shortage) else None


def _turn_of_each(calls: PrepaidCalls, claims: Mapping[str, Claimant]) -> list[SlotName]:
    """Of each index the first name that the sweep has not taken back; none after ``TURNS_MAX``."""
    turns = zip(*calls.turns(), strict=True)
    taken_back = Claimant.SWEEP
    firsts = (
        next((name for name in names if claims.get(name.text) is not taken_back), None)
        for names in turns
    )
    return [name for name in firsts if name]
