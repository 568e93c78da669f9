"""Zones that do to their clocks whatever zones do, and the moments around what they did."""

from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

NAMES = (
    "Africa/Cairo",  # sets its clocks at midnight
    "Africa/Casablanca",  # winter time in Ramadan
    "America/Havana",  # midnight comes twice
    "America/New_York",
    "America/Nuuk",  # clocks go back at midnight, to the day before
    "America/St_Johns",  # half an hour off; until 2011 one minute after midnight
    "America/Sao_Paulo",
    "Antarctica/Troll",  # two hours at once
    "Asia/Beirut",
    "Asia/Kathmandu",  # three quarters of an hour off; half an hour until 1986
    "Asia/Kolkata",
    "Australia/Lord_Howe",  # half an hour at once
    "Etc/GMT+12",  # where a day ends last
    "Europe/Berlin",
    "Europe/Dublin",
    "Pacific/Apia",  # had no 30 December 2011
    "Pacific/Chatham",
    "Pacific/Kiritimati",  # where a day ends first; had no 31 December 1994
    "Pacific/Kwajalein",  # had no 21 August 1993
)
ZONES: tuple[tzinfo, ...] = (UTC, *(ZoneInfo(name) for name in NAMES))
FIRST, LAST = 1970, 2370
"""Years; clocks have differed from UTC by whole minutes nearly everywhere since then."""

_STEP, _SECOND = timedelta(days=7), timedelta(seconds=1)


@cache
def changes(zone: tzinfo, year: int) -> tuple[datetime, ...]:
    """When clocks of the zone were set in this year, found by looking each week."""
    found, day = [], datetime(year, 1, 1, tzinfo=UTC)
    while day.year == year:
        if _offset(day, zone) != _offset(day + _STEP, zone):
            found.append(_changed_between(day, day + _STEP, zone))
        day += _STEP
    return tuple(found)


def _changed_between(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    old = _offset(before, zone)
    while after - before > _SECOND:
        middle = before + (after - before) // 2 // _SECOND * _SECOND
        before, after = (middle, after) if _offset(middle, zone) == old else (before, middle)
    return after


def _offset(moment: datetime, zone: tzinfo) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()


@st.composite
def moments(draw: st.DrawFn, zone: tzinfo) -> datetime:
    """Any moment of four hundred years; every other one is close to a change of clocks."""
    microseconds = draw(st.sampled_from([0, 0, 1, 500_000, 999_999]))
    year = draw(st.integers(FIRST, LAST - 1))
    near = changes(zone, year)
    if near and draw(st.booleans()):
        moment = draw(st.sampled_from(near)) + timedelta(seconds=draw(st.integers(-9_000, 9_000)))
    else:
        moment = datetime(year, 1, 1, tzinfo=UTC)
        moment += timedelta(seconds=draw(st.integers(0, 365 * 86_400)))
    return moment.replace(microsecond=microseconds)
