"""Days, weeks, months, quarters and years of a calendar, each named by the day it begins with."""

from datetime import date, timedelta

from cost_sentry.domain.window_id import MONTHS_PER_QUARTER, WindowKind

_DAYS_AT_MOST = {
    WindowKind.DAY: 1,
    WindowKind.WEEK: 7,
    WindowKind.MONTH: 31,
    WindowKind.QUARTER: 92,
    WindowKind.YEAR: 366,
}


def first_day_around(kind: WindowKind, day: date) -> date:
    """The first day of the day, week, month, quarter or year that ``day`` is in."""
    match kind:
        case WindowKind.WEEK:
            return day - timedelta(days=day.weekday())
        case WindowKind.MONTH:
            return day.replace(day=1)
        case WindowKind.QUARTER:
            return date(day.year, day.month - (day.month - 1) % MONTHS_PER_QUARTER, 1)
        case WindowKind.YEAR:
            return date(day.year, 1, 1)
        case _:
            return day


def first_day_after(kind: WindowKind, first: date) -> date:
    """The first day of the next one of its kind."""
    # A few days over into the next one, and back to its first day; no kind is that short.
    return first_day_around(kind, first + timedelta(days=_DAYS_AT_MOST[kind]))
