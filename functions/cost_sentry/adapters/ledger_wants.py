"""What a shard needs of a budget window, and money that is there for it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cost_sentry.adapters.ledger_items import Seen, ShardState
from cost_sentry.adapters.ledger_moves import Action, move_in_shard
from cost_sentry.domain.allotment import CALLS_PER_REFILL, shard_free_target
from cost_sentry.domain.reservation import Hold

PURSES_KNOWN_MAX = 1_000


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
    """Out of the window and its pools."""
    recalls: Mapping[str, int] = field(default_factory=dict)
    """What is taken out of other shards, by place."""
    amount: int
    seen: Seen


NOTHING = Grant(takes=(), amount=0, seen=Seen(limit=0, elsewhere=0, at_seconds=0))
"""The shard has what it needs."""


def all_takes(purses: Mapping[str, Grant], now: datetime) -> list[Action]:
    """What takes these grants away; no item twice, though a shard may give of several windows."""
    takes = [take for grant in purses.values() for take in grant.takes]
    recalls: dict[str, dict[str, int]] = {}
    for purse, grant in purses.items():
        for place, amount in grant.recalls.items():
            recalls.setdefault(place, {})[purse] = -amount
    return takes + [move_in_shard(p, moves, now, has=True) for p, moves in recalls.items()]


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


def remember(known: dict[str, Any], purse: str, what: object) -> None:
    """Of a thousand windows at most; then all are forgotten."""
    if len(known) >= PURSES_KNOWN_MAX:
        known.clear()
    known[purse] = what
