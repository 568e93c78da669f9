"""What shards behind pools have and may not keep goes back, so that little is stranded there."""

from collections.abc import Iterable
from datetime import datetime

from cost_sentry.adapters.ledger_items import ShardState
from cost_sentry.adapters.ledger_refills import Refills
from cost_sentry.domain.window import has_ended


def give_back_surplus(
    refills: Refills, shards: Iterable[ShardState], now: datetime, moves_max: int
) -> int:
    """What settlements left there and could not give back themselves; how many moves it took."""
    done = 0
    for shard in shards:
        for purse in shard.free:
            if done >= moves_max:
                return done
            surplus = shard.surplus(purse)
            if surplus and not has_ended(purse.rsplit("@", 1)[1], now):
                done += refills.give_back(shard.place, purse, surplus, now)
    return done
