"""What a shard needs of a budget window, and money that is there for it. Pure."""

from dataclasses import dataclass
from datetime import datetime

from cost_sentry.adapters.ledger_items import Seen, ShardState
from cost_sentry.adapters.ledger_moves import Action
from cost_sentry.domain.reservation import Hold


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
        return max(0, self.hold.amount - self.free)


def want_of(hold: Hold, shard: ShardState, now: datetime) -> Want:
    """What a shard needs for this hold, as far as its item says."""
    return Want(
        hold=hold,
        place=shard.place,
        free=shard.free.get(hold.key, 0),
        newcomer=hold.key not in shard.free,
        now=now,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Money that is there for a shard: what takes it away where it lies, and how much it is."""

    take: Action
    amount: int
    seen: Seen
