"""The items of one table: versions, sizes, write units by the second, and who is at them."""

from bisect import bisect_left, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.simulation.dynamodb.attribute_values import text_bytes, value_bytes
from tests.simulation.dynamodb.paths import Item
from tests.simulation.dynamodb.refusals import CapacityUsedUp, Invalid

Key = tuple[str, str]
"""pk and sk."""

ITEM_BYTES_MAX = 400 * 1024
PK_BYTES_MAX, SK_BYTES_MAX = 2_048, 1_024
WRITE_UNIT_BYTES = 1_024
WRITE_UNITS_PER_SECOND = 1_000
"""Of one item, because it lives in one partition."""
MICROSECONDS = 1_000_000
STALE_MICROSECONDS = 1_000_000
"""How long an eventually consistent read may still see the version before."""


@dataclass(frozen=True, slots=True)
class Written:
    """One version of one item; ``after`` is ``None`` once it is deleted."""

    key: Key
    before: Item | None
    after: Item | None


Listener = Callable[[Sequence[Written]], None]
"""Hears of every write, all items of one atomic write together."""


def key_of(given: Any) -> Key:
    """The primary key of a request; ``Invalid`` if it does not fit the table's."""
    try:
        pk, sk = given["pk"]["S"], given["sk"]["S"]
    except (KeyError, TypeError):
        raise Invalid("The provided key element does not match the schema") from None
    if not pk or not sk:
        raise Invalid(
            "One or more parameter values are not valid. The AttributeValue for a key attribute "
            "cannot contain an empty string value."
        )
    if text_bytes(pk) > PK_BYTES_MAX or text_bytes(sk) > SK_BYTES_MAX:
        raise Invalid(
            "One or more parameter values were invalid: Size of a key has exceeded the "
            "maximum size limit"
        )
    return pk, sk


class Items:
    """A table with the keys ``pk`` and ``sk``, both texts.

    Args:
        now: virtual time in microseconds.
    """

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._items: dict[Key, Item] = {}
        self._sizes: dict[Key, dict[str, int]] = {}
        self._sort_keys: dict[str, list[str]] = {}
        self._before: dict[Key, tuple[Item | None, int]] = {}
        self._units_left: dict[Key, tuple[float, int]] = {}
        self._listeners: list[Listener] = []
        self.locks: dict[Key, object] = {}
        """Items that a transaction is at, and which."""
        self.transacted: set[Key] = set()
        """Items that a transaction ever was at: only there can a write meet another one."""
        self.write_units = 0
        """All that was ever charged."""

    def listen(self, listener: Listener) -> None:
        """Tell it every write from now on."""
        self._listeners.append(listener)

    def get(self, key: Key) -> Item | None:
        """The item as it stands."""
        return self._items.get(key)

    def get_stale(self, key: Key) -> Item | None:
        """The version before, if it was replaced a moment ago; else the item as it stands."""
        before = self._before.get(key)
        if before is not None and self._now() - before[1] < STALE_MICROSECONDS:
            return before[0]
        return self._items.get(key)

    def sort_keys(self, pk: str) -> Sequence[str]:
        """Of one partition, in order."""
        return self._sort_keys.get(pk, ())

    def partitions(self) -> Sequence[str]:
        """Every pk, in the order in which they came."""
        return list(self._sort_keys)

    def size(self, key: Key) -> int:
        """Bytes of the item as it stands; 0 if there is none."""
        return sum(self._sizes.get(key, {}).values())

    def sizes_with(self, key: Key, item: Item | None) -> dict[str, int]:
        """Bytes by attribute of a version to come; what stays the same object is not weighed."""
        if item is None:
            return {}
        before, known = self._items.get(key, {}), self._sizes.get(key, {})
        found = {}
        for name, value in item.items():
            was = before.get(name)
            if was is value:
                found[name] = known[name]
            elif was and "M" in was and "M" in value:
                found[name] = known[name] + _growth(was["M"], value["M"])
            else:
                found[name] = text_bytes(name) + value_bytes(value)
        if sum(found.values()) > ITEM_BYTES_MAX:
            raise Invalid("Item size has exceeded the maximum allowed size")
        return found

    def charge(self, key: Key, size_after: int, factor: int) -> None:
        """Take the write's units from the item's second, or refuse; a factor of 2 in transactions.

        The larger of both versions counts, in whole kilobytes.
        """
        size = max(self.size(key), size_after, 1)
        units = -(-size // WRITE_UNIT_BYTES) * factor
        now = self._now()
        left, at = self._units_left.get(key, (float(WRITE_UNITS_PER_SECOND), now))
        left = min(
            WRITE_UNITS_PER_SECOND, left + (now - at) * WRITE_UNITS_PER_SECOND / MICROSECONDS
        )
        if left < min(units, WRITE_UNITS_PER_SECOND):
            raise CapacityUsedUp
        self._units_left[key] = (left - units, now)
        self.write_units += units

    def write(self, versions: Sequence[tuple[Key, Item | None, dict[str, int]]]) -> None:
        """Replace items by their next versions, all at one instant, and tell the listeners."""
        told = []
        now = self._now()
        for key, item, sizes in versions:
            before = self._items.get(key)
            self._before[key] = (before, now)
            if item is None:
                self._drop(key)
            else:
                if before is None:
                    insort(self._sort_keys.setdefault(key[0], []), key[1])
                self._items[key], self._sizes[key] = item, sizes
            told.append(Written(key, before, item))
        for listener in self._listeners:
            listener(told)

    def _drop(self, key: Key) -> None:
        if self._items.pop(key, None) is not None:
            self._sizes.pop(key)
            sort_keys = self._sort_keys[key[0]]
            del sort_keys[bisect_left(sort_keys, key[1])]


def _growth(before: Item, after: Item) -> int:
    """By how many bytes a map grew; entries that are the same object are not weighed."""
    grown = len(after) - len(before)
    for name, value in after.items():
        was = before.get(name)
        if was is not value:
            grown += value_bytes(value) - (value_bytes(was) if was else -text_bytes(name))
    for name, was in before.items():
        if name not in after:
            grown -= text_bytes(name) + value_bytes(was)
    return grown


def shared(item: Item | None) -> dict[str, Any] | None:
    """The item as an answer: the dictionary is the caller's, the values are the table's own."""
    return None if item is None else dict(item)
