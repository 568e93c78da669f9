"""The ledger on DynamoDB: reserve and resolve are one conditional write each."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from cost_sentry.adapters.ledger_allotments import Allotments
from cost_sentry.adapters.ledger_answers import reserved
from cost_sentry.adapters.ledger_calls import Conflict, LedgerCalls, UpdateOutcome, Written
from cost_sentry.adapters.ledger_debts import DebtCover
from cost_sentry.adapters.ledger_forgetting import forget_journaled
from cost_sentry.adapters.ledger_items import (
    CLOSED,
    SPLIT,
    Item,
    ShardState,
)
from cost_sentry.adapters.ledger_known import KnownIds
from cost_sentry.adapters.ledger_memory import (
    Memory,
    adopted_by_another,
    charged_when_expired,
)
from cost_sentry.adapters.ledger_patience import THROTTLED_MAX, Patience
from cost_sentry.adapters.ledger_pools import Pools
from cost_sentry.adapters.ledger_refills import Holder, Refills
from cost_sentry.adapters.ledger_retirement import retire_some
from cost_sentry.adapters.ledger_runs import besides_runs, make_room
from cost_sentry.adapters.ledger_shards import Shards
from cost_sentry.adapters.ledger_surplus import Surplus
from cost_sentry.adapters.ledger_upkeep import Upkeep, overdue
from cost_sentry.adapters.ledger_wants import want_of
from cost_sentry.adapters.ledger_writes import (
    adjust_arguments,
    reserve_arguments,
    resolve_arguments,
    too_many_expired,
)
from cost_sentry.application.ports import (
    Reserved,
    ReserveResult,
    Resolved,
    SameId,
)
from cost_sentry.domain.errors import (
    InvariantViolated,
    LedgerContention,
    LedgerThrottled,
    LedgerUnavailable,
)
from cost_sentry.domain.reservation import (
    Hold,
    Reservation,
    ReservationState,
    Resolution,
    ResolvedReservation,
)
from cost_sentry.domain.shard import pending_max

ATTEMPTS_MAX = 60
"""Looks at one shard before giving up with ``LedgerContention``."""
CROWDED_AFTER = 3
"""Meetings with other writers on one shard after which it is split."""


class DynamoDbLedger:
    """``application.ports.Ledger``.

    Args:
        calls: the table.
        pause: waits a little after the n-th meeting with another writer; jitter is its business.
    """

    def __init__(self, calls: LedgerCalls, pause: Callable[[int], None]) -> None:
        self._calls = calls
        self._allotments = Allotments(calls)
        self._debts = DebtCover(calls, self._allotments, pause)
        self._memory = Memory(calls, pause)
        self._pause = pause
        self._pools = Pools(calls, self._allotments)
        self._refills = Refills(calls, self._allotments, self._pools, pause)
        self._shards = Shards(calls)
        self._ids = KnownIds(calls, self._memory, self._shards, pause)

    def reserve(self, reservation: Reservation) -> ReserveResult:
        """See the port."""
        patience = Patience(self._pause)
        for attempt in range(ATTEMPTS_MAX):
            known = self._of_the_past(reservation, patience, attempt)
            if known is not None:
                return known
            shard = self._shards.shard_of(reservation.account, reservation.request_id)
            here = replace(reservation, shard=shard)
            try:
                outcome = self._write(reserve_arguments(here), patience)
            except LedgerUnavailable as lost:
                raise self._given_back(here, lost) from lost
            if isinstance(outcome, Written):
                return reserved(here, outcome.attributes)
            if isinstance(outcome, Conflict):
                self._relieve(here, attempt)
                continue
            try:
                answer = self._overcome(here, outcome.item)
            except LedgerThrottled as throttled:
                patience.met(throttled)
                continue
            except LedgerUnavailable as lost:
                if lost.perhaps_held is None:
                    raise
                raise self._given_back(here, LedgerUnavailable(str(lost))) from lost
            if answer is not None:
                return answer
        raise LedgerContention(f"account {reservation.account!r} has too many writers at once")

    def known(self, reservation: Reservation) -> Reserved | SameId | None:
        """See the port."""
        return self._ids.known(reservation)

    def _of_the_past(
        self, reservation: Reservation, patience: Patience, attempt: int
    ) -> SameId | None:
        if attempt:
            return patience.asked(lambda: self._memory.of_the_past_again(reservation))
        return patience.asked(
            lambda: self._memory.of_the_past(reservation, at_once=not patience.has_waited)
        )

    def _write(self, arguments: Mapping[str, Any], patience: Patience) -> UpdateOutcome:
        """A shard that is asked too often is one where others are at work: try again later."""
        try:
            return self._calls.update(arguments)
        except LedgerThrottled as throttled:
            patience.count(throttled)
            return Conflict()

    def _relieve(self, reservation: Reservation, attempt: int) -> None:
        """Others were at this shard; if they are there again and again, it is too busy."""
        if attempt == CROWDED_AFTER:
            with suppress(LedgerThrottled):  # Then it is split by a later call.
                self._shards.split(ShardState(place=reservation.place))
        self._pause(attempt)

    def _given_back(self, reservation: Reservation, lost: LedgerUnavailable) -> LedgerUnavailable:
        """The write may have happened although nobody heard of it: void it, so nothing stays held.

        One try; whoever asks must have an answer soon. The caller will be told no.
        """
        void = Resolution(
            state=ReservationState.VOIDED,
            resolved_at=reservation.reserved_at,
            cost_picodollars=0,
            total_tokens=0,
            usage=None,
            estimated=False,
            reason="the ledger's answer was lost",
        )
        try:
            self._resolve(reservation, void, follow=False)
        except InvariantViolated:
            return lost  # It was never held, or another invocation has taken it over.
        except LedgerUnavailable:
            until = reservation.expires_at.isoformat()
            message = f"{lost}; its money may be held until {until}"
            return type(lost)(message, perhaps_held=reservation)
        return lost

    def _overcome(self, here: Reservation, item: Item | None) -> ReserveResult | None:
        """Why the write was refused: an answer, or ``None`` once the reason is out of the way."""
        if item is None:
            self._shards.open(here.account, here.shard)
            return None
        shard = ShardState.of(item)
        known = self._memory.in_shard(shard, here)
        if isinstance(known, SameId):
            return known
        if known is not None:
            return self._ids.adopted(known, here.attempt)
        if shard.state is not None:
            self._go_on(shard, here)
        elif len(shard.pending) >= pending_max(shard.shard):
            self._shards.split(shard)
        else:
            return self._supply(shard, here)
        return None

    def _go_on(self, shard: ShardState, here: Reservation) -> None:
        """To the shard that takes this one's calls."""
        if shard.state == SPLIT:
            self._shards.learn(shard, here.request_id)
            self._leave_nothing(shard, here)
        elif shard.state == CLOSED:
            self._shards.open(shard.account, shard.shard)

    def _leave_nothing(self, shard: ShardState, here: Reservation) -> None:
        """A refill that came when the shard had just split: nobody would look for it there."""
        for hold in here.holds:
            surplus = shard.surplus(hold.key)
            if surplus:
                self._refills.give_back(shard.place, hold.key, surplus, here.reserved_at)

    def _supply(self, shard: ShardState, here: Reservation) -> ReserveResult | None:
        """What is missing, and what would be missing at the next such call."""
        short = shard.shortages(here.holds)
        if not short:
            return None  # Whatever was in the way has gone: try again.
        next_short = shard.shortages(here.holds, calls=2)
        wants = [want_of(hold, shard, here.reserved_at) for hold in short]
        more = [want_of(h, shard, here.reserved_at) for h in next_short if h not in short]
        return self._refills.supply(Holder(reservation=here, shard=shard), wants, more)

    def resolve(self, reservation: Reservation, resolution: Resolution) -> Resolved:
        """See the port."""
        return self._resolve(reservation, resolution, follow=True)

    def _resolve(
        self, reservation: Reservation, resolution: Resolution, *, follow: bool
    ) -> Resolved:
        """``follow``: also if another invocation of its execution has taken it over meanwhile.

        The workflow heard one of them, which need not be the one that was last.
        """
        patience = Patience(self._pause, THROTTLED_MAX if follow else 1)
        arguments = resolve_arguments(reservation, resolution)
        mine = ResolvedReservation(reservation=reservation, resolution=resolution)
        for attempt in range(ATTEMPTS_MAX):
            outcome = self._write(arguments, patience)
            if isinstance(outcome, Written):
                self._even_out(mine, ShardState.of(outcome.attributes))
                return Resolved(resolved=mine, first=True)
            if isinstance(outcome, Conflict):
                self._pause(attempt)
                continue
            shard = None if outcome.item is None else ShardState.of(outcome.item)
            adopted = adopted_by_another(shard, mine.reservation) if follow else None
            charged = charged_when_expired(shard, mine)
            forgotten = too_many_expired(shard, mine.reservation)
            if forgotten:
                arguments = resolve_arguments(mine.reservation, resolution, forgotten)
            elif adopted is not None:
                mine = replace(mine, reservation=adopted)
                arguments = resolve_arguments(adopted, resolution)
            elif charged is not None:
                mine = replace(mine, reservation=charged[0])
                arguments = adjust_arguments(charged[0], charged[1], resolution)
            else:
                return self._memory.resolved_before(mine, shard)
        raise LedgerContention(f"account {reservation.account!r} has too many writers at once")

    def _even_out(self, ended: ResolvedReservation, shard: ShardState) -> None:
        """After the write, and never instead of it: pay debts, give back what is not needed.

        An overrun left its shard in debt: the budget carries it, so that nobody spends it. A shard
        behind a pool, or one that has split, keeps no more than it may. What fails here is put
        right by ``tidy``.
        """
        now = ended.resolution.resolved_at
        for hold in ended.reservation.holds:
            surplus, is_owing = shard.surplus(hold.key), shard.free.get(hold.key, 0) < 0
            with suppress(LedgerUnavailable):
                if is_owing and ended.resolution.overrun(hold):
                    self._debts.cover(hold.key, [shard.place], now)
                elif surplus:
                    self._refills.give_back(shard.place, hold.key, surplus, now)
        with suppress(LedgerUnavailable):
            self._prepare(shard, besides_runs(ended.reservation.holds), now)
            make_room(self._calls, shard, now)
            retire_some(self._calls, shard, now)

    def _prepare(self, shard: ShardState, holds: tuple[Hold, ...], now: datetime) -> None:
        """Fill a busy shard before the next call comes, which then waits for one write only."""
        if shard.pending and shard.state is None and shard.shortages(holds):
            short = shard.shortages(holds, calls=2)
            self._refills.top_up([want_of(hold, shard, now, is_early=True) for hold in short])

    def expired(self, now: datetime, batch_max: int) -> Iterable[Reservation]:
        """See the port."""
        return overdue(self._calls, now, batch_max)

    def tidy(self, now: datetime, batch_max: int) -> int:
        """See the port."""
        surplus = Surplus(self._refills, self._pools, now)
        return Upkeep(self._calls, surplus, now, batch_max).run(self._debts)

    def forget(self, place: str, now: datetime) -> None:
        """See the port."""
        forget_journaled(self._calls, place, now)
