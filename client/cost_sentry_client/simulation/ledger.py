"""The ledger of a simulation: in memory, for one thread, with one count per budget window.

It answers as the ledger on DynamoDB does (``tests/contract`` holds both to the same suite) and is
gone when the command ends. What is free lies in one place, so a refusal is always exact.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
from cost_sentry.domain.errors import ConfigurationError, InvariantViolated
from cost_sentry.domain.reservation import (
    Hold,
    Reservation,
    ReservationState,
    Resolution,
    ResolvedReservation,
)

ADJUSTED_WITHIN = timedelta(days=1)
"""How long the true cost of an expired call is taken."""
_Name = tuple[str, str]
"""Account and request id."""


@dataclass(frozen=True, slots=True)
class PostedSoFar:
    """``application.budget_levels.Posted``."""

    posted: int


class SimulatedLedger:
    """``Ledger``, ``LedgerBooks``, ``Totals`` and ``WindowUse``.

    Args:
        posted: what windows had posted before, by ``budget@window``.
        come_again: the request ids to remember when their calls have ended; ``None``: every id.
    """

    def __init__(
        self,
        posted: Mapping[str, int] | None = None,
        come_again: Collection[str] | None = None,
    ) -> None:
        self._limits: dict[str, int] = {}
        self._kinds: dict[str, tuple[Unit, str]] = {}
        self._window_limits: dict[str, int] = {}
        self._posted: Counter[str] = Counter(posted)
        self._pending: Counter[str] = Counter()
        self._held: dict[_Name, Reservation] = {}
        self._ended: dict[_Name, ResolvedReservation] = {}
        self._adjustable: dict[_Name, datetime] = {}
        """Expired, and since when."""
        self._come_again = come_again

    # ---- Ledger

    def reserve(self, reservation: Reservation) -> ReserveResult:
        """See the port."""
        known = self._known(reservation)
        if known is not None:
            return known
        for hold in reservation.holds:
            if hold.amount and self._left(hold.key) < hold.amount:
                return Shortage(hold=hold, remaining=self._remaining(hold, reservation))
        self._held[_name(reservation)] = reservation
        for hold in reservation.holds:
            self._pending[hold.key] += hold.amount
        return self._reserved(reservation)

    def known(self, reservation: Reservation) -> Reserved | SameId | None:
        """See the port."""
        return self._known(reservation)

    def resolve(self, reservation: Reservation, resolution: Resolution) -> Resolved:
        """See the port."""
        name = _name(reservation)
        held = self._held.get(name)
        if name in self._ended:
            return self._resolve_again(name, reservation, resolution)
        if held is None or not _is_same_call(held, reservation):
            raise InvariantViolated(f"P4: {reservation.request_id!r} is not pending")
        del self._held[name]
        for hold in held.holds:
            self._pending[hold.key] -= hold.amount
        ended = ResolvedReservation(reservation=held, resolution=resolution)
        self._post(ended)
        if self._come_again is None or held.request_id in self._come_again:
            self._ended[name] = ended
        if resolution.state is ReservationState.EXPIRED:
            self._ended[name] = ended
            self._adjustable[name] = resolution.resolved_at
        return Resolved(resolved=ended, first=True)

    def _resolve_again(
        self, name: _Name, reservation: Reservation, resolution: Resolution
    ) -> Resolved:
        """The first stands, unless it was assumed and this is the true one."""
        ended = self._ended[name]
        again = ResolvedReservation(reservation=ended.reservation, resolution=resolution)
        is_known = not resolution.estimated and resolution.state is not ReservationState.EXPIRED
        adjusts = name in self._adjustable and _is_same_call(ended.reservation, reservation)
        if not (is_known and adjusts):
            mine = ResolvedReservation(reservation=reservation, resolution=resolution)
            return Resolved(resolved=ended, first=ended == mine)
        del self._adjustable[name]
        self._post(ended, sign=-1)
        self._post(again)
        self._ended[name] = again
        return Resolved(resolved=again, first=True)

    def expired(self, now: datetime, batch_max: int) -> Sequence[Reservation]:
        """See the port."""
        return [held for held in self._held.values() if held.expires_at <= now][:batch_max]

    def tidy(self, now: datetime, batch_max: int) -> int:
        """See the port. No window is laid out in parts here, so none is put together again."""
        late = [name for name, at in self._adjustable.items() if now - at > ADJUSTED_WITHIN]
        for name in late[:batch_max]:
            del self._adjustable[name]
        return 0

    def forget(self, place: str, now: datetime) -> None:
        """See the port. There is no journal behind this ledger: what it knows it keeps."""

    # ---- WindowUse

    def can_count(self, _hold: Hold) -> bool:
        """See the port."""
        return True

    def used(self, _held: Reservation, holds: Sequence[Hold]) -> Mapping[str, int]:
        """See the port. Calls come in the order of their times, so none came later."""
        return {hold.key: self._pending[hold.key] + self._posted[hold.key] for hold in holds}

    # ---- LedgerBooks

    def balance(self, budget: Budget, window_id: str) -> BudgetBalance:
        """See the port."""
        key = f"{budget.id}@{window_id}"
        limit = self._window_limits.get(key, self._limits.get(budget.id, budget.limit))
        pending, posted = self._pending[key], self._posted[key]
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

    def totals_together(self, windows: Sequence[tuple[str, str]]) -> Sequence[PostedSoFar]:
        """See the port."""
        return [PostedSoFar(self._posted[f"{budget}@{window}"]) for budget, window in windows]

    def limits(self) -> Mapping[str, int]:
        """See the port."""
        return dict(self._limits)

    def refuse_other_kinds(self, budgets: Iterable[Budget]) -> None:
        """See the port."""
        for budget in budgets:
            kind = budget.unit, budget.window_text
            if self._kinds.get(budget.id, kind) != kind:
                raise ConfigurationError(
                    f"budget {budget.id!r} counts {' per '.join(self._kinds[budget.id])} and cannot"
                    f" count {' per '.join(kind)}; use a new id"
                )

    def define(self, budget: Budget, window_id: str) -> int | None:
        """See the port."""
        self.refuse_other_kinds((budget,))
        self._kinds[budget.id] = budget.unit, budget.window_text
        before = self._limits.get(budget.id)
        self._limits[budget.id] = budget.limit
        for key in self._windows_from(budget.id, window_id):
            self._window_limits[key] = budget.limit
        return before

    def _windows_from(self, budget_id: str, window_id: str) -> Iterator[str]:
        """Ids of one kind of window sort as their windows do."""
        for key in self._window_limits:
            of, _, window = key.rpartition("@")
            if of == budget_id and window >= window_id:
                yield key

    def pending(self, account: str | None = None) -> Sequence[Reservation]:
        """See the port."""
        return [held for held in self._held.values() if account in (None, held.account)]

    # ---- inside

    def _known(self, reservation: Reservation) -> Reserved | SameId | None:
        name = _name(reservation)
        ended = self._ended.get(name)
        if ended is not None:
            return SameId(reservation=ended.reservation, resolution=ended.resolution)
        held = self._held.get(name)
        if held is None:
            return None
        if held.execution != reservation.execution:
            return SameId(reservation=held, resolution=None)
        self._held[name] = replace(held, attempt=reservation.attempt)
        return self._reserved(self._held[name])

    def _reserved(self, held: Reservation) -> Reserved:
        remaining = tuple(self._remaining(hold, held) for hold in held.holds)
        return Reserved(reservation=held, remaining=remaining)

    def _post(self, ended: ResolvedReservation, sign: int = 1) -> None:
        for hold in ended.reservation.holds:
            self._posted[hold.key] += sign * ended.resolution.posting(hold)

    def _limit(self, key: str) -> int:
        """Of a window: it is fixed when the first call asks for it."""
        limit = self._window_limits.get(key)
        if limit is not None:
            return limit
        budget_id = key.rpartition("@")[0]
        if budget_id not in self._limits:
            raise ConfigurationError(f"budget {budget_id!r} is not defined in the ledger")
        return self._window_limits.setdefault(key, self._limits[budget_id])

    def _left(self, key: str) -> int:
        return self._limit(key) - self._pending[key] - self._posted[key]

    def _remaining(self, hold: Hold, held: Reservation) -> Remaining:
        return Remaining(
            budget_id=hold.budget_id,
            window_id=hold.window_id,
            limit=self._limit(hold.key),
            left=self._left(hold.key),
            as_of=held.reserved_at,
        )


def _name(reservation: Reservation) -> _Name:
    return reservation.account, reservation.request_id


def _is_same_call(held: Reservation, told: Reservation) -> bool:
    if told is held:
        return True
    return held.execution == told.execution and replace(held, attempt=told.attempt) == told
