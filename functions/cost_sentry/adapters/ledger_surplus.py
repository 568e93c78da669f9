"""What shards behind pools have and may not keep goes back, so that little is stranded there.

A busy shard sees to it itself. An idle one keeps what it might when there were fewer shards, until
it is told of the others here: then all of them together keep what ``STRANDED_SHARE`` allows.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import cache

from cost_sentry.adapters.ledger_items import ShardState
from cost_sentry.adapters.ledger_pools import Pools
from cost_sentry.adapters.ledger_refills import Refills
from cost_sentry.domain.reservation import window_of
from cost_sentry.domain.window import has_ended


class Surplus:
    """One walk over all shards; what it reads of a window it reads once."""

    def __init__(self, refills: Refills, pools: Pools, now: datetime) -> None:
        self._refills = refills
        self._now = now
        self._share = cache(pools.share_now)

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
        if has_ended(window_of(purse), self._now):
            return False
        share = None if shard.state else self._share(purse)
        surplus = shard.surplus(purse, share)
        return surplus > 0 and self._refills.give_back(shard.place, purse, surplus, self._now)
