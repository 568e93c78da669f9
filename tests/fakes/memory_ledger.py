"""The ledger as a textbook would write it: one lock, one counter per budget window.

A second, simpler implementation of the same promises. It keeps no allotments, so where it and the
real adapter agree, the adapter's moving of money is invisible to callers, as it must be.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from cost_sentry.application.ports import (
    BudgetBalance,
    Remaining,
    Reserved,
    ReserveResult,
    Resolved,
    SameId,
    Shortage,
)
from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.errors import ConfigurationError, InvariantViolated, LedgerUnavailable
from cost_sentry.domain.ledger_entry import EntryKind, LedgerEntry
from cost_sentry.domain.reservation import (
    Hold,
    Reservation,
    ReservationState,
    Resolution,
    ResolvedReservation,
)


class MemoryLedger:
    """``Ledger``, ``LedgerBooks`` and ``WindowUse`` in one.

    Set ``down`` to make every call fail.
    """

    def __init__(self) -> None:
        self.down = False
        self.is_count_lost = False
        """Whether nothing that is only looked at can be read."""
        self.counts = 0
        """How often windows were counted."""
        self.entries: list[LedgerEntry] = []
        self._lock = threading.RLock()
        self._limits: dict[str, int] = {}
        self._kinds: dict[str, tuple[Unit, str]] = {}
        self._window_limits: dict[str, int] = {}
        self._held: dict[tuple[str, str], Reservation] = {}
        self._ended: dict[tuple[str, str], ResolvedReservation] = {}
        self._adjustable: set[tuple[str, str]] = set()
        """Expired, and the true cost may still become known."""

    # ---- Ledger

    def reserve(self, reservation: Reservation) -> ReserveResult:
        with self._lock:
            self._ask()
            known = self._known(reservation)
            if known is not None:
                return known
            for hold in reservation.holds:
                if hold.amount and self._left(hold.key) < hold.amount:
                    return Shortage(hold=hold, remaining=self._remaining(hold, reservation))
            self._held[self._name(reservation)] = reservation
            self._enter(reservation, None)
            remaining = tuple(self._remaining(hold, reservation) for hold in reservation.holds)
            return Reserved(reservation=reservation, remaining=remaining)

    def known(self, reservation: Reservation) -> Reserved | SameId | None:
        with self._lock:
            self._ask()
            return self._known(reservation)

    def resolve(self, reservation: Reservation, resolution: Resolution) -> Resolved:
        with self._lock:
            self._ask()
            name = self._name(reservation)
            if name in self._ended:
                ended = self._ended[name]
                mine = ResolvedReservation(reservation=reservation, resolution=resolution)
                adjusts = name in self._adjustable and _is_same_call(ended.reservation, reservation)
                known = not resolution.estimated and resolution.state != ReservationState.EXPIRED
                if not (adjusts and known):
                    return Resolved(resolved=ended, first=ended == mine)
                reservation = ended.reservation
                mine = ResolvedReservation(reservation=reservation, resolution=resolution)
                self._adjustable.discard(name)
                self._ended[name] = mine
                self._enter(reservation, resolution, EntryKind.ADJUST)
                return Resolved(resolved=mine, first=True)
            held = self._held.get(name)
            if held is None or not _is_same_call(held, reservation):
                raise InvariantViolated(f"P4: {reservation.request_id!r} is not pending")
            reservation = held
            del self._held[name]
            ended = ResolvedReservation(reservation=reservation, resolution=resolution)
            self._ended[name] = ended
            if resolution.state is ReservationState.EXPIRED:
                self._adjustable.add(name)
            self._enter(reservation, resolution)
            return Resolved(resolved=ended, first=True)

    def expired(self, now: datetime, batch_max: int) -> Sequence[Reservation]:
        with self._lock:
            self._ask()
            return [r for r in self._held.values() if r.expires_at <= now][:batch_max]

    def tidy(self, now: datetime, batch_max: int) -> int:
        self._ask()
        for name in tuple(self._adjustable):
            if now - self._ended[name].resolution.resolved_at > timedelta(days=1):
                self._adjustable.discard(name)
        return 0

    def forget(self, place: str, now: datetime) -> None:
        self._ask()

    # ---- WindowUse

    def can_count(self, hold: Hold) -> bool:
        return True

    def used(self, held: Reservation, holds: Sequence[Hold]) -> Mapping[str, int]:
        with self._lock:
            self.counts += 1
            self._ask()
            if self.is_count_lost:
                raise LedgerUnavailable("the count is lost")
            return {h.key: self._pending_until(h.key, held) + self._posted(h.key) for h in holds}

    # ---- LedgerBooks

    def balance(self, budget: Budget, window_id: str) -> BudgetBalance:
        with self._lock:
            self._ask()
            key = f"{budget.id}@{window_id}"
            limit = self._window_limits.get(key, self._limits.get(budget.id, budget.limit))
            pending, posted = self._pending(key), self._posted(key)
            return BudgetBalance(
                budget_id=budget.id,
                window_id=window_id,
                unit=budget.unit,
                limit=limit,
                unallotted=limit - pending - posted,
                free=0,
                pending=pending,
                posted=posted,
            )

    def limits(self) -> Mapping[str, int]:
        self._ask()
        return dict(self._limits)

    def refuse_other_kinds(self, budgets: Iterable[Budget]) -> None:
        with self._lock:
            self._ask()
            for budget in budgets:
                self._refuse_other_kind(budget)

    def _refuse_other_kind(self, budget: Budget) -> None:
        kind = self._kinds.get(budget.id)
        if kind not in (None, (budget.unit, budget.window_text)):
            raise ConfigurationError(f"budget {budget.id!r} counts {kind}; use a new id")

    def define(self, budget: Budget, window_id: str) -> int | None:
        with self._lock:
            self._ask()
            self._refuse_other_kind(budget)
            self._kinds[budget.id] = (budget.unit, budget.window_text)
            before = self._limits.get(budget.id)
            self._limits[budget.id] = budget.limit
            for key in self._window_limits:
                of, _, window = key.rpartition("@")
                if of == budget.id and window >= window_id:
                    self._window_limits[key] = budget.limit
            return before

    def pending(self, account: str | None = None) -> Sequence[Reservation]:
        with self._lock:
            self._ask()
            return [r for r in self._held.values() if account in (None, r.account)]

    # ---- what tests ask

    def ended(self, request_id: str) -> Resolution | None:
        """How this id's reservation ended, in whatever account; ``None`` if it did not."""
        found = (r.resolution for (_, id_), r in self._ended.items() if id_ == request_id)
        return next(found, None)

    def ended_ids(self) -> Sequence[str]:
        return [request_id for _, request_id in self._ended]

    # ---- inside

    def _ask(self) -> None:
        if self.down:
            raise LedgerUnavailable("the ledger is down")

    @staticmethod
    def _name(reservation: Reservation) -> tuple[str, str]:
        return reservation.account, reservation.request_id

    def _known(self, reservation: Reservation) -> Reserved | SameId | None:
        name = self._name(reservation)
        if name in self._ended:
            ended = self._ended[name]
            return SameId(reservation=ended.reservation, resolution=ended.resolution)
        held = self._held.get(name)
        if held is None:
            return None
        if held.execution == reservation.execution:
            self._held[name] = held = replace(held, attempt=reservation.attempt)
            remaining = tuple(self._remaining(hold, held) for hold in held.holds)
            return Reserved(reservation=held, remaining=remaining)
        return SameId(reservation=held, resolution=None)

    def _limit(self, key: str) -> int:
        budget_id = key.rsplit("@", 1)[0]
        if budget_id not in self._limits:
            raise ConfigurationError(f"budget {budget_id!r} is not defined in the ledger")
        return self._window_limits.setdefault(key, self._limits[budget_id])

    def _pending(self, key: str) -> int:
        return sum(h.amount for r in self._held.values() for h in r.holds if h.key == key)

    def _pending_until(self, key: str, held: Reservation) -> int:
        earlier = (r for r in self._held.values() if r.reserved_at <= held.reserved_at)
        return sum(h.amount for r in earlier for h in r.holds if h.key == key)

    def _posted(self, key: str) -> int:
        return sum(
            ended.resolution.posting(hold)
            for ended in self._ended.values()
            for hold in ended.reservation.holds
            if hold.key == key
        )

    def _left(self, key: str) -> int:
        return self._limit(key) - self._pending(key) - self._posted(key)

    def _remaining(self, hold: Hold, reservation: Reservation) -> Remaining:
        return Remaining(
            budget_id=hold.budget_id,
            window_id=hold.window_id,
            limit=self._limit(hold.key),
            left=self._left(hold.key),
            as_of=reservation.reserved_at,
        )

    def _enter(
        self,
        reservation: Reservation,
        resolution: Resolution | None,
        kind: EntryKind | None = None,
    ) -> None:
        kinds = {
            ReservationState.SETTLED: EntryKind.SETTLE,
            ReservationState.VOIDED: EntryKind.VOID,
            ReservationState.EXPIRED: EntryKind.EXPIRE,
        }
        self.entries.append(
            LedgerEntry(
                account=reservation.account,
                sequence=1 + sum(e.account == reservation.account for e in self.entries),
                kind=kind or (kinds[resolution.state] if resolution else EntryKind.RESERVE),
                at=resolution.resolved_at if resolution else reservation.reserved_at,
                reservation=reservation,
                resolution=resolution,
            )
        )


def _is_same_call(held: Reservation, told: Reservation) -> bool:
    same_execution = held.execution == told.execution
    return same_execution and replace(held, attempt=told.attempt) == told
