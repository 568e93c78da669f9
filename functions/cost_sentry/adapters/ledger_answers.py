"""What a shard's item says to the one who asked. Pure."""

from cost_sentry.adapters.ledger_items import Item, Seen, ShardState
from cost_sentry.application.ports import Remaining, Reserved
from cost_sentry.domain.reservation import Reservation


def reserved(reservation: Reservation, attributes: Item) -> Reserved:
    """The answer to a reservation whose shard looks like this after the write."""
    remaining = remaining_in(reservation, ShardState.of(attributes))
    return Reserved(reservation=reservation, remaining=remaining)


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
