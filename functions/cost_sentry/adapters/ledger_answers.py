"""What a shard's item says to the one who asked. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from cost_sentry.adapters.ledger_items import Item, Seen, ShardState
from cost_sentry.application.ports import Remaining, Reserved
from cost_sentry.domain.reservation import Reservation


def reserved(reservation: Reservation, attributes: Item) -> Reserved:
    """The answer to a reservation whose shard looks like this after the write."""
    remaining = remaining_in(reservation, ShardState.of(attributes))
    return Reserved(reservation=reservation, remaining=remaining)


def reserved_with(
    reservation: Reservation,
    shard: ShardState,
    brought: Mapping[str, int],
    seen: Mapping[str, Seen],
) -> Reserved:
    """As ``reserved``, after a write that tells nothing: from what the shard had before it.

    Args:
        reservation: what was held.
        shard: as it was.
        brought: what came to it at once, by ``budget@window``.
        seen: what was known of these windows then.
    """
    free = Counter(shard.free)
    free.update(brought)
    free.subtract({hold.key: hold.amount for hold in reservation.holds})
    told = {purse: known.text() for purse, known in seen.items()}
    after = replace(shard, free=free, seen={**shard.seen, **told})
    return Reserved(reservation=reservation, remaining=remaining_in(reservation, after))


def remaining_in(reservation: Reservation, shard: ShardState) -> tuple[Remaining, ...]:
    """What the shard knows of each budget: its own free money now, the rest at its last refill."""
    known = [(h, Seen.parse(shard.seen[h.key])) for h in reservation.holds if h.key in shard.seen]
    return tuple(
        Remaining(
            budget_id=hold.budget_id,
            window_id=hold.window_id,
            limit=seen.limit,
            left=shard.free[hold.key] + seen.elsewhere,
            as_of=seen.at,
        )
        for hold, seen in known
    )
