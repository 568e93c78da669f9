"""A span of one scope's minutes, so that the sum of any part of it is two look-ups."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple


class Use(NamedTuple):
    """Of some minutes together."""

    calls: int
    picodollars: int
    tokens: int


_NOTHING = Use(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Minutes:
    """Running sums from the minute ``first`` on; minutes that nobody knows of are zero."""

    first: int
    calls: list[int]
    picodollars: list[int]
    tokens: list[int]

    @classmethod
    def of(cls, used: Mapping[int, Use], first: int, end: int) -> "Minutes":
        """Of the minutes from ``first`` to before ``end``; ``used`` is by the minute's number."""
        columns = zip(*(used.get(number, _NOTHING) for number in range(first, end)), strict=True)
        return cls(first, *(list(accumulate(column, initial=0)) for column in columns))

    def use(self, start: int, end: int) -> Use:
        """Of the minutes from ``start`` to before ``end``, as far as they are in the span."""
        low, high, last = start - self.first, end - self.first, len(self.calls) - 1
        if low < 0 or high > last:
            low, high = min(max(low, 0), last), min(max(high, 0), last)
        return Use(
            self.calls[high] - self.calls[low],
            self.picodollars[high] - self.picodollars[low],
            self.tokens[high] - self.tokens[low],
        )
