"""What windows hold and have posted, for budgets in shadow mode; nobody spends by it.

Where money lies is moved by others meanwhile, so a window and its places are read at one instant:
what has left them all is posted or pending (P3). Such a read is in nobody's way, and others may be
in its; then it is tried once more.
"""

from collections.abc import Iterable, Mapping, Sequence

from cost_sentry.adapters.ledger_calls import TRANSACTION_ITEMS_MAX, LedgerCalls
from cost_sentry.adapters.ledger_items import Item, ShardState, place_key, window_key
from cost_sentry.adapters.ledger_wants import remember
from cost_sentry.adapters.ledger_windows import WindowState
from cost_sentry.domain.reservation import Hold, Reservation

READS_MAX = 2
"""Of one call, which waits for them."""
CROWDED = None


class DynamoDbWindowUse:
    """``application.window_use_ports.WindowUse``.

    Args:
        calls: the table, by a client that soon gives up.
    """

    def __init__(self, calls: LedgerCalls) -> None:
        self._calls = calls
        self._places: dict[str, tuple[str, ...] | None] = {}
        """Of each window that was seen; ``CROWDED``: more than can be looked at."""

    def can_count(self, hold: Hold) -> bool:
        """See the port."""
        return self._places.get(hold.key, ()) is not CROWDED

    def used(self, held: Reservation, holds: Sequence[Hold]) -> Mapping[str, int]:
        """See the port."""
        found: dict[str, int] = {}
        for _ in range(READS_MAX):
            open_ = [h.key for h in holds if h.key not in found and self.can_count(h)]
            new = [purse for purse in open_ if purse not in self._places]
            if new:
                self._meet(new)
            elif open_:
                found |= self._count(held, self._at_once(open_))
        return found

    def _meet(self, purses: Sequence[str]) -> None:
        """Learn where the money of windows lies."""
        items = self._calls.get_many([window_key(purse) for purse in purses])
        for purse, item in zip(purses, items or (), strict=False):
            if item is not None:
                self._learn(purse, WindowState.of(item))

    def _learn(self, purse: str, window: WindowState) -> None:
        remember(self._places, purse, CROWDED if window.pools else window.places)

    def _at_once(self, purses: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The windows that one read has room for, with their places."""
        chosen: dict[str, tuple[str, ...]] = {}
        places: set[str] = set()
        for purse in purses:
            more = places.union(self._places[purse] or ())
            if len(chosen) + 1 + len(more) <= TRANSACTION_ITEMS_MAX:
                chosen[purse], places = tuple(self._places[purse] or ()), more
        return chosen

    def _count(self, held: Reservation, places_of: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
        """Of windows whose places are still the same; the others are seen better the next time."""
        places = sorted({place for places in places_of.values() for place in places})
        keys = [*map(window_key, places_of), *map(place_key, places)]
        items = self._calls.snapshot(keys)
        if items is None:
            return {}
        shards = _shards(places, items[len(places_of) :])
        found = {}
        for purse, item in zip(places_of, items, strict=False):
            if item is None:
                continue
            window = WindowState.of(item)
            self._learn(purse, window)
            if self._places[purse] == places_of[purse]:
                there = [shards[place] for place in window.places if place in shards]
                found[purse] = _used(purse, window, there, held)
        return found


def _shards(places: Iterable[str], items: Iterable[Item | None]) -> dict[str, ShardState]:
    pairs = zip(places, items, strict=True)
    return {place: ShardState.of(item) for place, item in pairs if item is not None}


def _used(purse: str, window: WindowState, shards: Sequence[ShardState], held: Reservation) -> int:
    """What has left all places, but for what calls hold that came later."""
    left = window.unallotted + window.impounded + sum(s.free.get(purse, 0) for s in shards)
    later = (
        hold.amount
        for shard in shards
        for other in shard.pending_reservations.values()
        if other.reserved_at > held.reserved_at
        for hold in other.holds
        if hold.key == purse
    )
    return window.limit - left - sum(later)
