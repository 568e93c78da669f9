"""By how many hours what people do may have moved in UTC, because clocks were set somewhere.

Which clock a scope's callers live by is nobody's to know: one team may serve Europe and America.
So every change counts that the laws of this table make.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

LASTING = timedelta(days=16)
"""Two weeks of each kind of day, and a weekly job's second time: then the new hours are usual."""
EARLY = timedelta(hours=12)
"""Sunday begins in the east before it does in UTC."""
_AHEAD, _BACK = 1, -1
_FRIDAY, _SUNDAY = 4, 6
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)


class _Law(NamedTuple):
    """Each year, on the first such weekday on or after a day of a month."""

    month: int
    day: int
    weekday: int
    hours: int


_LAWS = (
    _Law(3, 8, _SUNDAY, _AHEAD),  # United States, Canada
    _Law(3, 23, _FRIDAY, _AHEAD),  # Israel
    _Law(3, 25, _SUNDAY, _AHEAD),  # European Union, United Kingdom
    _Law(4, 1, _SUNDAY, _BACK),  # Australia, New Zealand
    _Law(4, 2, _SUNDAY, _BACK),  # Chile
    _Law(4, 24, _FRIDAY, _AHEAD),  # Egypt
    _Law(9, 2, _SUNDAY, _AHEAD),  # Chile
    _Law(9, 24, _SUNDAY, _AHEAD),  # New Zealand
    _Law(10, 1, _SUNDAY, _AHEAD),  # Australia
    _Law(10, 25, _SUNDAY, _BACK),  # European Union, United Kingdom, Israel
    _Law(10, 26, _FRIDAY, _BACK),  # Egypt
    _Law(11, 1, _SUNDAY, _BACK),  # United States, Canada
)
"""Those of the IANA time zone database, against which a test holds them."""


class Move(NamedTuple):
    """Of what people do, in UTC."""

    hours: int
    """To be added to an hour to find it in the past: clocks that are set ahead make it 1."""
    since: int
    """The hour, counted from 1970, in which the day of the change has begun everywhere."""


@lru_cache(maxsize=1_024)
def moves_at(hour: int) -> tuple[Move, ...]:
    """All that may be behind what is seen in this hour, counted from 1970."""
    at = _EPOCH + hour * _HOUR
    begun = ((law.hours, _day_of(law, at.year) - EARLY) for law in _LAWS)
    return tuple(
        Move(hours, (since - _EPOCH) // _HOUR)
        for hours, since in begun
        if since <= at < since + EARLY + LASTING
    )


def _day_of(law: _Law, year: int) -> datetime:
    first = date(year, law.month, law.day)
    on = first + timedelta(days=(law.weekday - first.weekday()) % 7)
    return datetime(on.year, on.month, on.day, tzinfo=UTC)
