"""Money for a shard that cannot pay, out of the window or a pool; or proof that there is none."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from cost_sentry.adapters.ledger_allotments import Allotments
from cost_sentry.adapters.ledger_calls import LedgerCalls, Written
from cost_sentry.adapters.ledger_items import Seen, WindowState, number, pool_key, window_key
from cost_sentry.adapters.ledger_moves import (
    Action,
    give_to_pool,
    move_in_shard,
    pool_name,
    take_from_pool,
    take_from_window,
)
from cost_sentry.application.ports import Remaining, Shortage
from cost_sentry.domain.allotment import (
    DIRECT_PLACES_MAX,
    POOLS,
    Spread,
    gathered,
    pool_refill_amount,
    refill_amount,
    shard_free_max,
)
from cost_sentry.domain.errors import LedgerContention
from cost_sentry.domain.reservation import Hold

ATTEMPTS_MAX = 60
"""Looks at one budget window before giving up with ``LedgerContention``."""
WINDOW_KNOWN = timedelta(seconds=10)
"""How long a crowded window's limit is taken as read: all that a refill through a pool needs."""
SHORTAGE_KNOWN = timedelta(seconds=1)
"""How long a crowded window that was proven short is not looked at again."""
PURSES_KNOWN_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """What a shard needs for one hold."""

    hold: Hold
    place: str
    free: int
    """What it has, as far as is known."""
    newcomer: bool
    """Whether it has never carried this window."""
    now: datetime

    @property
    def purse(self) -> str:
        """The budget window."""
        return self.hold.key

    @property
    def needed(self) -> int:
        """What is missing."""
        return self.hold.amount - self.free


class Refills:
    """Brings shards what they need; remembers of crowded windows only what may be a little old."""

    def __init__(
        self, calls: LedgerCalls, allotments: Allotments, pause: Callable[[int], None]
    ) -> None:
        self._calls = calls
        self._allotments = allotments
        self._pause = pause
        self._crowded: dict[str, tuple[datetime, WindowState]] = {}
        self._short: dict[str, tuple[datetime, Spread]] = {}

    def supply(self, want: Want) -> Shortage | None:
        """Bring the shard enough for this hold, or prove that there is not enough to bring (P2).

        For a window that is not crowded the proof is one instant over all places of its money.
        """
        for attempt in range(ATTEMPTS_MAX):
            done = self._bring(want) or self._prove(want)
            if isinstance(done, Shortage):
                return done
            if done:
                return None
            self._pause(attempt)
        raise LedgerContention(f"budget {want.hold.budget_id!r} has too many writers at once")

    def _bring(self, want: Want) -> bool:
        """The quick way, without looking at anybody else's money."""
        known = self._crowded.get(want.purse)
        if known is None or not _is_recent(known[0], want.now, WINDOW_KNOWN):
            window = self._allotments.window(want.purse)
            if window is None:
                return False
            if not window.pools:
                if want.place in window.places or len(window.places) < DIRECT_PLACES_MAX:
                    return self._from_window(want, window, want.place)
                return self._crowd(want.purse)
            known = want.now, window
            _remember(self._crowded, want.purse, known)
        if want.place in known[1].places:
            window = self._allotments.window(want.purse)
            return window is not None and self._from_window(want, window, want.place)
        return self._through_pool(want, known[1])

    def _crowd(self, purse: str) -> bool:
        """From now on pools stand before the places that come later."""
        self._calls.update(
            {
                "Key": window_key(purse),
                "UpdateExpression": "SET pools = :pools",
                "ConditionExpression": "attribute_not_exists(pools)",
                "ExpressionAttributeValues": {":pools": number(POOLS)},
            }
        )
        return False

    def _from_window(self, want: Want, window: WindowState, to: str) -> bool:
        if window.impounded or window.unallotted < want.needed:
            return False
        amount = refill_amount(want.needed, want.hold.amount, window.unallotted)
        seen = _seen(want, window.limit, window.unallotted - amount)
        return self._move(
            take_from_window(want.purse, amount, window.limit, to),
            move_in_shard(want.place, want.purse, amount, want.now, seen=seen),
        )

    def _through_pool(self, want: Want, window: WindowState) -> bool:
        pool = pool_of(want.place)
        item = self._calls.get(pool_key(want.purse, pool)) or {}
        there = int(item.get("unallotted", {"N": "0"})["N"])
        shards = int(item.get("shards", {"N": "0"})["N"])
        if there < want.needed:
            return self._fill_pool(want, pool, want.needed - there)
        free_max = shard_free_max(window.limit, POOLS * (shards + 1))
        comfortable = min(refill_amount(want.needed, want.hold.amount, there), free_max)
        amount = max(want.needed, comfortable)
        seen = _seen(want, window.limit, window.unallotted + there - amount, free_max)
        return self._move(
            take_from_pool(want.purse, pool, amount, newcomer=want.newcomer),
            move_in_shard(want.place, want.purse, amount, want.now, seen=seen),
        )

    def _fill_pool(self, want: Want, pool: int, needed: int) -> bool:
        """False in any case: the shard has nothing yet."""
        window = self._allotments.window(want.purse)
        if window is None or window.impounded or window.unallotted < needed:
            return False
        _remember(self._crowded, want.purse, (want.now, window))
        amount = pool_refill_amount(needed, window.unallotted)
        filled = self._move(
            take_from_window(want.purse, amount, window.limit, pool_name(pool)),
            give_to_pool(want.purse, pool, amount),
        )
        return filled and self._through_pool(want, window)

    def _prove(self, want: Want) -> Shortage | bool:
        """Look at all places at one instant: refuse, or gather what lies elsewhere, or take it."""
        known = self._short.get(want.purse)
        if known and _is_recent(known[0], want.now, SHORTAGE_KNOWN):
            short = _shortage(want, known[1], known[0])
            if short is not None:
                return short
        spread = self._allotments.spread(want.purse)
        if spread is None:
            return False
        short = _shortage(want, spread, want.now)
        if short is not None:
            if spread.crowded:
                _remember(self._short, want.purse, (want.now, spread))
            return short
        return self._take(want, spread)

    def _take(self, want: Want, spread: Spread) -> bool:
        own = spread.places[want.place].free if want.place in spread.places else want.free
        needed = want.hold.amount - own
        if needed <= 0:
            return True
        others = [part for name, part in spread.places.items() if name != want.place]
        in_debt = spread.impounded > 0 or any(part.free < 0 for part in others)
        if in_debt or spread.unallotted < needed:
            placement = gathered(spread, spread.limit)
            self._allotments.place(want.purse, spread, placement, want.now)
            return False
        amount = refill_amount(needed, want.hold.amount, spread.unallotted)
        to = want.place
        if spread.crowded and want.place not in spread.places:
            to, amount = pool_name(pool_of(want.place)), needed
        seen = _seen(want, spread.limit, spread.left - own - amount)
        return self._move(
            take_from_window(want.purse, amount, spread.limit, to),
            move_in_shard(want.place, want.purse, amount, want.now, seen=seen),
        )

    def give_back(self, place: str, purse: str, amount: int, now: datetime) -> bool:
        """What a shard behind a pool does not need, so that nothing is stranded there."""
        return self._move(
            give_to_pool(purse, pool_of(place), amount),
            move_in_shard(place, purse, -amount, now, has=amount),
        )

    def _move(self, *actions: Action) -> bool:
        return isinstance(self._calls.transact(actions), Written)


def pool_of(place: str) -> int:
    """The pool that serves this shard."""
    return (
        int.from_bytes(blake2b(place.encode(), digest_size=4, person=b"pool").digest(), "big")
        % POOLS
    )


def _seen(want: Want, limit: int, elsewhere: int, free_max: int | None = None) -> Seen:
    return Seen(
        limit=limit,
        elsewhere=elsewhere,
        at_seconds=int(want.now.timestamp()),
        free_max=free_max,
    )


def _shortage(want: Want, spread: Spread, as_of: datetime) -> Shortage | None:
    left = spread.left if want.place in spread.places else spread.left + want.free
    if left >= want.hold.amount:
        return None
    remaining = Remaining(
        budget_id=want.hold.budget_id,
        window_id=want.hold.window_id,
        limit=spread.limit,
        left=left,
        as_of=as_of,
    )
    return Shortage(hold=want.hold, remaining=remaining)


def _is_recent(then: datetime, now: datetime, age_max: timedelta) -> bool:
    return abs(now - then) <= age_max


def _remember(known: dict[str, Any], purse: str, what: object) -> None:
    if len(known) >= PURSES_KNOWN_MAX:
        known.clear()
    known[purse] = what
