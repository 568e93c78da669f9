"""What the items say that keep a budget window's money outside of shards. Pure."""

from dataclasses import dataclass

from cost_sentry.adapters.ledger_items import Item
from cost_sentry.domain.allotment import shard_free_max


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowState:
    """A budget window item, read."""

    limit: int
    unallotted: int
    impounded: int
    places: tuple[str, ...]
    pools: int

    @classmethod
    def of(cls, item: Item) -> "WindowState":
        """From the item."""
        return cls(
            limit=int(item["limit"]["N"]),
            unallotted=int(item["unallotted"]["N"]),
            impounded=int(item.get("impounded", {"N": "0"})["N"]),
            places=tuple(sorted(item.get("places", {}).get("SS", ()))),
            pools=int(item.get("pools", {"N": "0"})["N"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolState:
    """A pool's item, read; a pool that nobody met yet is empty."""

    pool: int
    unallotted: int = 0
    shards: int = 0
    """That it serves, about: halves that take the place of their parent are not counted."""
    lowered_to: int | None = None
    """The limit that was defined when the window's was last lowered, or raised after that."""
    shard_max: int | None = None
    """What no shard may keep more than since then."""

    @classmethod
    def of(cls, pool: int, item: Item | None) -> "PoolState":
        """From the item."""
        numbers = {name: int(v["N"]) for name, v in (item or {}).items() if "N" in v}
        return cls(
            pool=pool,
            unallotted=numbers.get("unallotted", 0),
            shards=numbers.get("shards", 0),
            lowered_to=numbers.get("lowered_to"),
            shard_max=numbers.get("shard_max"),
        )

    def free_max(self, limit: int, shards: int) -> int:
        """What one of so many shards behind pools may keep while it is idle.

        ``limit`` is the window's as it was some seconds ago: one that is being lowered counts.
        """
        lowered = limit if self.lowered_to is None else min(limit, self.lowered_to)
        free_max = shard_free_max(lowered, shards)
        return free_max if self.shard_max is None else min(free_max, self.shard_max)
