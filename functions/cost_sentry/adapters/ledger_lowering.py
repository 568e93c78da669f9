"""A crowded window's limit is lowered: first what shards behind its pools may keep, then the limit.

```text
limit defined ──▶ each pool told ──▶ each shard behind them looked at ──▶ window's limit moved
                  no refill by the   what is above its share goes to      by ``DynamoDbBooks``
                  old limit any more its pool, and it is told the share
```

Until the last step the old limit holds and all money is where a call finds it. Whoever dies on the
way has changed nothing that counts, and the same again finishes it.
"""

from collections.abc import Callable
from dataclasses import replace

from cost_sentry.adapters.ledger_allotments import Allotments, defined
from cost_sentry.adapters.ledger_calls import ConditionFailed, LedgerCalls, Written
from cost_sentry.adapters.ledger_items import Seen, ShardState, place_key
from cost_sentry.adapters.ledger_moves import (
    give_to_pool,
    give_to_window,
    move_in_shard,
    take_from_place,
    tell_pool,
)
from cost_sentry.adapters.ledger_pools import Pools, pool_of
from cost_sentry.adapters.ledger_walk import shards_of_all
from cost_sentry.application.ports import Clock
from cost_sentry.domain.allotment import (
    OUT_OF_REACH_PERCENT_MAX,
    shard_free_max,
)
from cost_sentry.domain.errors import LedgerContention
from cost_sentry.domain.reservation import budget_of

ATTEMPTS_MAX = 60
"""Meetings with others at one pool or shard before giving up with ``LedgerContention``."""


class Lowering:
    """Takes back what shards behind the pools of a crowded window may not keep.

    Args:
        calls: the table.
        allotments: of the same table.
        pause: waits a little after the n-th meeting with another writer.
        clock: stamps the entries of moved money.
    """

    def __init__(
        self,
        calls: LedgerCalls,
        allotments: Allotments,
        pause: Callable[[int], None],
        clock: Clock,
    ) -> None:
        self._calls = calls
        self._allotments = allotments
        self._clock = clock
        self._pause = pause
        self._pools = Pools(calls, allotments)

    def prepare(self, purse: str, limit: int) -> None:
        """All shards behind the pools together keep one per cent of this limit, from now on.

        Shards that come while it walks keep no more than the others; if they are many, all are
        told once more.

        Raises:
            LedgerContention: another limit is defined by now, or others were always in the way.
        """
        shards = self._shards(purse)
        while True:
            share = shard_free_max(limit, shards)
            self._tell_pools(purse, limit, share)
            self._walk(purse, share)
            shards = self._shards(purse)
            if shards * share * 100 <= max(0, limit) * OUT_OF_REACH_PERCENT_MAX:
                return

    def move(self, purse: str, limit: int) -> bool:
        """Lower a window that is too busy for one look at all of it, after ``prepare``.

        All that its places have is brought to it, one by one, and the limit taken out of that.
        """
        window = self._allotments.window(purse)
        seen = None if window is None else self._allotments.glance(purse, window)
        if seen is None or seen.in_debt:
            return False
        for name, part in seen.places.items():
            if part.free > 0:
                take = take_from_place(purse, name, part.free, self._clock.now())
                self._calls.transact([give_to_window(purse, part.free), take])
        return self._allotments.shift_limit(purse, seen, limit)

    def follow(self, purse: str, limit: int) -> None:
        """Pools that were told of another limit learn that this one is in force.

        Raises:
            LedgerContention: as ``prepare``.
        """
        told = [pool for pool in self._pools.all(purse) if pool.lowered_to is not None]
        if any(pool.lowered_to != limit for pool in told):
            self._tell_pools(purse, limit, shard_free_max(limit, self._shards(purse)))

    def _shards(self, purse: str) -> int:
        return sum(pool.shards for pool in self._pools.all(purse))

    def _tell_pools(self, purse: str, limit: int, share: int) -> None:
        window = self._allotments.window(purse)
        for pool in range(0 if window is None else window.pools):
            self._tell_pool(purse, pool, limit, share)

    def _tell_pool(self, purse: str, pool: int, limit: int, share: int) -> None:
        actions = [defined(purse, limit), tell_pool(purse, pool, limit, share)]
        for attempt in range(ATTEMPTS_MAX):
            outcome = self._calls.transact(actions)
            if isinstance(outcome, Written):
                return
            if isinstance(outcome, ConditionFailed):
                raise another_limit(budget_of(purse))
            self._pause(attempt)
        raise _always_met(purse)

    def _walk(self, purse: str, share: int) -> None:
        window = self._allotments.window(purse)
        places = () if window is None else window.places
        for shard in shards_of_all(self._calls):
            if shard.place not in places:
                self._take_back(purse, share, shard)

    def _take_back(self, purse: str, share: int, shard: ShardState) -> None:
        """Take what the shard may not keep, and let its settlements know; whatever it does."""
        for attempt in range(ATTEMPTS_MAX):
            free, kept = shard.free.get(purse, 0), shard.kept_at_most(purse)
            if purse not in shard.free or kept is None:
                return  # It never had money of the window.
            surplus = shard.surplus(purse, share)
            if not surplus and kept <= share:
                return
            known = replace(Seen.parse(shard.seen[purse]), free_max=min(kept, share))
            now, seen = self._clock.now(), {purse: known}
            gives = [give_to_pool(purse, pool_of(shard.place), surplus)] if surplus else []
            # If a call ends between the look and the write, what it gives back is looked at too.
            keeps = move_in_shard(shard.place, {purse: -surplus}, now, seen=seen, was=free)
            if isinstance(self._calls.transact([*gives, keeps]), Written):
                return
            self._pause(attempt)
            item = self._calls.get(place_key(shard.place))
            shard = shard if item is None else ShardState.of(item)
        raise _always_met(purse)


def another_limit(budget_id: str) -> LedgerContention:
    """Somebody defined another limit after this one was."""
    return LedgerContention(
        f"another operator set the limit of budget {budget_id!r} meanwhile; look at"
        " what it is now, and set it again"
    )


def _always_met(purse: str) -> LedgerContention:
    return LedgerContention(
        f"budget {budget_of(purse)!r} has too many writers at once: its limit is what it was;"
        " set it again"
    )
