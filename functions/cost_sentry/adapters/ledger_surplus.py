"""What shards behind pools have and may not keep goes back, so that little is stranded there.

A busy shard sees to it itself. An idle one keeps what it might when there were fewer shards, until
it is told of the others here: then all of them together keep what ``STRANDED_SHARE`` allows.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import cache

from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.ledger_items import Item, ShardState, WindowState, pool_key, window_key
from cost_sentry.adapters.ledger_refills import Refills
from cost_sentry.domain.allotment import POOLS, shard_free_max
from cost_sentry.domain.window import has_ended


class Surplus:
    """One walk over all shards; what it reads of a window it reads once."""

    def __init__(self, calls: LedgerCalls, refills: Refills, now: datetime) -> None:
        self._calls = calls
        self._refills = refills
        self._now = now
        self._share = cache(self._share_now)

    def give_back(self, shards: Iterable[ShardState], moves_max: int) -> int:
        """What settlements left there and could not give back; how many moves it took."""
        done = 0
        for shard in shards:
            for purse in shard.free:
                if done >= moves_max:
                    return done
                done += self._move(shard, purse)
        return done

    def _move(self, shard: ShardState, purse: str) -> bool:
        if shard.free[purse] <= 0 or shard.kept_at_most(purse) is None:
            return False
        if has_ended(purse.rsplit("@", 1)[1], self._now):
            return False
        surplus = shard.surplus(purse, self._share(purse))
        return surplus > 0 and self._refills.give_back(shard.place, purse, surplus, self._now)

    def _share_now(self, purse: str) -> int:
        """What one of the shards that are there now may keep."""
        item = self._calls.get(window_key(purse))
        first = pool_key(purse, 0)
        prefix = first["sk"]["S"].removesuffix("00")
        pools = self._calls.query(first["pk"]["S"], start_sk=prefix, limit=POOLS)
        counts = (int(p["shards"]["N"]) for p in pools if "shards" in p and _is_pool(p, prefix))
        return shard_free_max(WindowState.of(item).limit, sum(counts)) if item else 0


def _is_pool(item: Item, prefix: str) -> bool:
    return str(item["sk"]["S"]).startswith(prefix)
