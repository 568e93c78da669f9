"""What instances cost while they run: whole picodollars, rounded up once; unknown is never zero."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

SECONDS_PER_HOUR = 3600
_MICROSECOND = timedelta(microseconds=1)
_MICROSECONDS_PER_HOUR = timedelta(hours=1) // _MICROSECOND

HourlyPrices = Mapping[str, int]
"""Picodollars an hour of one instance, by its type, such as ``ml.g5.xlarge``; in one Region."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Instances of one type that run together."""

    instance_type: str
    count: int


def hourly_picodollars(fleets: Iterable[Fleet], prices: HourlyPrices) -> int | None:
    """What all of them cost an hour; ``None`` if one of them has no price."""
    total = 0
    for fleet in fleets:
        price = prices.get(fleet.instance_type)
        if price is None:
            return None
        total += price * fleet.count
    return total


def cost_picodollars(hourly: int | None, span: timedelta) -> int | None:
    """What so long costs, rounded up; ``None``: unknown. Time that did not pass costs nothing."""
    if hourly is None:
        return None
    return -(-hourly * max(0, span // _MICROSECOND) // _MICROSECONDS_PER_HOUR)


def prices_of(fleets: Iterable[Fleet], prices: HourlyPrices) -> HourlyPrices:
    """Of their types alone, those that are known."""
    return {f.instance_type: prices[f.instance_type] for f in fleets if f.instance_type in prices}


def unpriced(fleets: Iterable[Fleet], prices: HourlyPrices) -> tuple[str, ...]:
    """Types without a price, each once, in order."""
    return tuple(sorted({f.instance_type for f in fleets if f.instance_type not in prices}))
