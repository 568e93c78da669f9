"""What a shard needs of a budget window, and money that is there for it. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cost_sentry.adapters.ledger_items import Seen, ShardState
from cost_sentry.adapters.ledger_moves import Action
from cost_sentry.domain.allotment import CALLS_PER_REFILL, shard_free_target
from cost_sentry.domain.reservation import Hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """What a shard needs for one hold."""

    hold: Hold
    place: str
    free: int
    """What it has, as far as is known."""
    newcomer: bool
    """Whether it never carried this window, and does not take the place of a shard that did."""
    now: datetime
    seen: Seen | None
    """What it knew of the window at its last refill; ``None`` if it never had one."""
    is_early: bool = False
    """Nobody waits for the money yet."""

    @property
    def purse(self) -> str:
        """The budget window."""
        return self.hold.key

    @property
    def needed(self) -> int:
        """What is missing; nothing for a shard that is filled before it must be."""
        return 0 if self.is_early else max(0, self.hold.amount - self.free)

    def comfortable(self, free_max: int) -> int:
        """What would fill a shard behind a pool, as far as it may be filled."""
        fill = shard_free_target(free_max) - self.free
        return max(0, min(fill, self.hold.amount * CALLS_PER_REFILL))


def want_of(hold: Hold, shard: ShardState, now: datetime, *, is_early: bool = False) -> Want:
    """What a shard needs for this hold, as far as its item says."""
    seen = shard.seen.get(hold.key)
    return Want(
        hold=hold,
        place=shard.place,
        free=shard.free.get(hold.key, 0),
        newcomer=hold.key not in shard.free,
        now=now,
        seen=Seen.parse(seen) if seen else None,
        is_early=is_early,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Money that is there for a shard: what takes it away where it lies, and how much it is."""

    takes: tuple[Action, ...]
    amount: int
    seen: Seen


def is_recent(then: datetime, now: datetime, age_max: timedelta) -> bool:
    """Whether what was known then may be trusted now; clocks differ, so both ways."""
    return abs(now - then) <= age_max


def seen_of(want: Want, limit: int, elsewhere: int, free_max: int | None = None) -> Seen:
    """What the shard shall know of the window after this refill."""
    return Seen(
        limit=limit,
        elsewhere=elsewhere,
        at_seconds=int(want.now.timestamp()),
        free_max=free_max,
    )
