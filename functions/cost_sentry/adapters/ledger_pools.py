"""Pools of a crowded window: they serve the shards that the window does not serve itself."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import blake2b
from typing import TypeVar

from cost_sentry.adapters.ledger_allotments import Allotments
from cost_sentry.adapters.ledger_calls import LedgerCalls, Written
from cost_sentry.adapters.ledger_items import Seen, pool_key, pool_prefix
from cost_sentry.adapters.ledger_moves import (
    Action,
    give_to_pool,
    pool_name,
    take_from_pool,
    take_from_window,
)
from cost_sentry.adapters.ledger_wants import Grant, Want, is_recent, seen_of
from cost_sentry.adapters.ledger_windows import PoolState, WindowState
from cost_sentry.domain.allotment import (
    POOLS,
    SHARE_PER_REFILL,
    pool_refill_amount,
    shard_free_max,
)

Name = TypeVar("Name", int, str)
SEEN_TRUSTED = timedelta(seconds=30)
"""How long a shard's knowledge of a crowded window is enough to draw on a pool unseen."""
UNSEEN_TRIES = 2
"""Draws without a look, the second one on the next pool."""
SCRAPED_MAX = 8
"""Pools that a shard is served from at once: the more, the more conflicts."""


class Pools:
    """Finds money in pools for shards behind them; moves only what fills a pool."""

    def __init__(self, calls: LedgerCalls, allotments: Allotments) -> None:
        self._calls = calls
        self._allotments = allotments

    def grant(self, want: Want, window: WindowState, attempt: int) -> Grant | None:
        """Out of the shard's own pool, else out of whichever has enough; ``None`` if none has.

        Unseen at first, as at the last refill; and after a conflict out of the next pool.
        """
        pool = pool_of(want.place, attempt)
        seen = want.seen
        if seen and is_recent(seen.at, want.now, SEEN_TRUSTED) and attempt < UNSEEN_TRIES:
            return _as_last_time(want, seen, pool)
        found = PoolState.of(pool, self._calls.get(pool_key(want.purse, pool)))
        if found.unallotted < want.needed:
            filled = self._fill(want, found)
            if not filled:
                return None if want.is_early else self._from_others(want, window, pool)
            found = replace(found, unallotted=found.unallotted + filled)
            window = replace(window, unallotted=max(0, window.unallotted - filled))
        shards = POOLS * max(1, found.shards + want.newcomer)
        return _grant(want, window, found, found.free_max(window.limit, shards))

    def _fill(self, want: Want, pool: PoolState) -> int:
        """Move money from the window to a pool; how much it was."""
        needed = want.needed - pool.unallotted
        window = self._allotments.window(want.purse)
        if window is None or window.impounded or window.unallotted < needed:
            return 0
        amount = pool_refill_amount(needed, want.hold.amount, _to_share_out(window, pool))
        moved = self._calls.transact(
            [
                take_from_window(want.purse, amount, window.limit, pool_name(pool.pool)),
                give_to_pool(want.purse, pool.pool, amount),
            ]
        )
        return amount if isinstance(moved, Written) else 0

    def _from_others(self, want: Want, window: WindowState, own: int) -> Grant | None:
        """The window is empty, but others have given back: from the next pool that has enough.

        Else from the fullest together, so that nobody must look at all places at one instant.
        """
        pools = self.all(want.purse)
        shards = sum(pool.shards for pool in pools)
        free_max = min((pool.free_max(window.limit, shards) for pool in pools), default=0)
        for pool in sorted(pools, key=lambda found: (found.pool - own) % POOLS):
            if pool.unallotted >= want.needed:
                return _grant(want, window, pool, free_max)
        shares = fullest({pool.pool: pool.unallotted for pool in pools}, want.needed)
        if sum(shares.values()) < want.needed:
            return None
        return Grant(
            takes=_takes(want, shares, free_max),
            amount=want.needed,
            seen=seen_of(want, window.limit, 0, free_max),
        )

    def all(self, purse: str) -> Sequence[PoolState]:
        """Every pool of the window that somebody met; each at an instant of its own."""
        prefix = pool_prefix(purse)
        items = self._calls.query(pool_key(purse, 0)["pk"]["S"], start_sk=prefix, limit=POOLS)
        named = ((item["sk"]["S"], item) for item in items)
        return [
            PoolState.of(int(sk.removeprefix(prefix)), item)
            for sk, item in named
            if sk.startswith(prefix)
        ]

    def share_now(self, purse: str) -> int:
        """What one of the shards that are behind the window's pools now may keep while idle."""
        window = self._allotments.window(purse)
        shards = sum(pool.shards for pool in self.all(purse))
        return 0 if window is None else shard_free_max(window.limit, shards)


def _to_share_out(window: WindowState, pool: PoolState) -> int:
    """What there is to share out; while a limit is being lowered, no more than it will leave."""
    if pool.lowered_to is None:
        return window.unallotted
    return min(window.unallotted, max(0, pool.lowered_to))


def pool_of(place: str, attempt: int = 0) -> int:
    """The pool that serves this shard, or another if that one had other visitors."""
    digest = blake2b(place.encode(), digest_size=4, person=b"pool").digest()
    return (int.from_bytes(digest, "big") + attempt) % POOLS


def fullest(there: Mapping[Name, int], needed: int) -> dict[Name, int]:
    """What each of a few places gives of what is needed, the fullest first; perhaps too little."""
    shares: dict[Name, int] = {}
    for name in sorted(there, key=lambda place: -there[place])[:SCRAPED_MAX]:
        share = min(there[name], needed - sum(shares.values()))
        if share > 0:
            shares[name] = share
    return shares


def _takes(want: Want, shares: Mapping[int, int], free_max: int) -> tuple[Action, ...]:
    """Out of each pool its share; the first one counts a shard that it has not met."""
    first = next(iter(shares))
    return tuple(
        take_from_pool(
            want.purse,
            pool,
            amount,
            newcomer=want.newcomer and pool == first,
            free_max=free_max,
        )
        for pool, amount in shares.items()
    )


def _grant(want: Want, window: WindowState, pool: PoolState, free_max: int) -> Grant:
    plenty = min(want.comfortable(free_max), pool.unallotted // SHARE_PER_REFILL)
    amount = max(want.needed, plenty)
    elsewhere = window.unallotted + pool.unallotted - amount
    return Grant(
        takes=_takes(want, {pool.pool: amount}, free_max),
        amount=amount,
        seen=seen_of(want, window.limit, elsewhere, free_max),
    )


def _as_last_time(want: Want, seen: Seen, pool: int) -> Grant:
    """Without a look at the pool: if it has too little the transaction fails and nothing moves."""
    free_max = seen.free_max or 0
    amount = max(want.needed, want.comfortable(free_max))
    return Grant(
        takes=(take_from_pool(want.purse, pool, amount, newcomer=False, free_max=free_max),),
        amount=amount,
        seen=replace(seen, elsewhere=max(0, seen.elsewhere - amount)),
    )
