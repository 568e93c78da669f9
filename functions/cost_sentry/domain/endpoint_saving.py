"""What sleep saves: seconds, and what instances would have cost in them by list prices."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cost_sentry.domain.instance_price import (
    Fleet,
    HourlyPrices,
    cost_picodollars,
    hourly_picodollars,
)

MONTHS_KEPT = 24
"""Of each endpoint; so its record stays small, however long it is there."""
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """Of some time asleep."""

    seconds: int = 0
    saved_picodollars: int = 0
    """By list prices, of the seconds whose price was known."""
    unpriced_seconds: int = 0
    """Of ``seconds``: nobody knows what they saved."""

    def __add__(self, other: "Saving") -> "Saving":
        return Saving(
            seconds=self.seconds + other.seconds,
            saved_picodollars=self.saved_picodollars + other.saved_picodollars,
            unpriced_seconds=self.unpriced_seconds + other.unpriced_seconds,
        )


NOTHING = Saving()

Months = Mapping[str, Saving]
"""By month in UTC, such as ``2026-11``; a month without any sleep is missing."""


def saved_by_month(
    fleets: Iterable[Fleet], since: datetime, until: datetime, prices: HourlyPrices
) -> Months:
    """Of a time without these instances; none if ``until`` is not later than ``since``."""
    hourly = hourly_picodollars(fleets, prices)
    months: dict[str, Saving] = {}
    at, end = since.astimezone(UTC), until.astimezone(UTC)
    while at < end:
        next_month = (at.replace(day=1) + timedelta(days=32)).replace(
            day=1, hour=0, minute=0, second=0, microsecond=0
        )
        to = min(end, next_month)
        seconds, saved = (to - at) // _SECOND, cost_picodollars(hourly, to - at)
        months[month_of(at)] = Saving(
            seconds=seconds,
            saved_picodollars=saved or 0,
            unpriced_seconds=seconds if saved is None else 0,
        )
        at = to
    return months


def added(one: Months, other: Months) -> Months:
    """Both, the last ``MONTHS_KEPT``."""
    names = sorted({*one, *other})[-MONTHS_KEPT:]
    return {name: one.get(name, NOTHING) + other.get(name, NOTHING) for name in names}


def summed(months: Months) -> Saving:
    """All of them."""
    return sum(months.values(), NOTHING)


def month_of(moment: datetime) -> str:
    """Its name, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m}"
