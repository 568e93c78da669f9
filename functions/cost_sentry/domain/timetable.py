"""Business hours: days of the week and times of day, by the clocks of one time zone.

Clocks that are set forward or back are heeded by ``civil_time``: hours open at the first instant at
which the clock shows their beginning, and close at the first at which it shows their end.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from cost_sentry.domain.civil_time import first_instant, reading

MINUTES_PER_DAY = 1440
_DAYS_PER_WEEK = 7
_ONE_DAY = timedelta(days=1)


class Span(NamedTuple):
    """Half open, in UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """The hours of some weekdays; the same each week."""

    days: frozenset[int]
    """Days on which hours begin; Monday is 0."""
    opens_minute: int
    """Of the day, 0 to 1439."""
    closes_minute: int
    """Of the day, 1 to 1440; not later than ``opens_minute``: of the day after."""
    zone: tzinfo

    def hours_at(self, moment: datetime) -> Span | None:
        """The hours that ``moment`` is in; ``None`` if it is in none."""
        today = reading(moment, self.zone).date()
        # Hours of yesterday may reach over midnight, and a clock that is set back over midnight
        # shows the end of a day after the next has begun.
        for day in (today - _ONE_DAY, today, today + _ONE_DAY):
            span = self._hours_of(day)
            if span is not None and span.start <= moment < span.end:
                return span
        return None

    def opens_after(self, moment: datetime) -> datetime:
        """When hours begin next, later than ``moment``."""
        first = reading(moment, self.zone).date() - _ONE_DAY
        days = (first + n * _ONE_DAY for n in range(_DAYS_PER_WEEK + 4))
        starts = (span.start for day in days if (span := self._hours_of(day)) is not None)
        return min(start for start in starts if start > moment)

    def _hours_of(self, day: date) -> Span | None:
        if day.weekday() not in self.days:
            return None
        over_midnight = self.closes_minute <= self.opens_minute
        closing_day = day + _ONE_DAY if over_midnight else day
        start = self._instant(day, self.opens_minute)
        end = self._instant(closing_day, self.closes_minute)
        # Hours that the clock jumps over have no instant.
        return Span(start, end) if start < end else None

    def _instant(self, day: date, minute: int) -> datetime:
        wall = datetime.combine(day, time.min) + timedelta(minutes=minute)
        return first_instant(wall, self.zone)
