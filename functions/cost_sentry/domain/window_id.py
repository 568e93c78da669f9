"""How windows are called. A window's id is for good: it stands in the keys of the ledger.

| window | id | says |
| --- | --- | --- |
| minute | ``2026-11-21T13:05Z`` | which minute, in UTC |
| hour | ``2026-11-21T13Z`` | which hour, in UTC |
| hour | ``2026-11-21T13:30Z/14:30`` | the same where clocks are no whole hours ahead or behind |
| day | ``2026-11-21`` | a day of the budget's time zone |
| week | ``2026-W47`` | an ISO 8601 week, from Monday, of that time zone |
| month, quarter, year | ``2026-11``, ``2026-Q4``, ``2026`` | of that time zone |
| session | ``session-``, an agent run's id, ``.``, its caller | that run, until it is a day old |
| none | ``all`` | for good |

So the id of a minute or an hour tells exactly when it ends. The days of a calendar end at another
instant in every time zone, and last in the one that is twelve hours behind UTC.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from cost_sentry.domain.request_id import made_at

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SESSION_LASTS = timedelta(days=1)
"""How long after its id was made an agent run may call."""
_DAY = timedelta(days=1)
_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SESSION_PREFIX = "session-"
_WHOSE = "."
"""Between a run's id and its caller's name; neither has one."""
MONTHS_PER_QUARTER = 3


class WindowKind(StrEnum):
    """How long a budget's limit lasts."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    SESSION = "session"
    """Each agent run has the whole limit; see ``session``."""
    NONE = "none"


ALL = "all"
SPANS = frozenset({WindowKind.MINUTE, WindowKind.HOUR})
"""Kinds whose ids are spans of UTC; the other ids, but ``all``, are days of a calendar."""

_SHAPES = {
    WindowKind.MINUTE: re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ", re.ASCII),
    WindowKind.HOUR: re.compile(
        r"\d{4}-\d\d-\d\dT(\d\dZ|\d\d:\d\d(:\d\d)?Z/\d\d:\d\d(:\d\d)?)", re.ASCII
    ),
    WindowKind.DAY: re.compile(r"\d{4}-\d\d-\d\d", re.ASCII),
    WindowKind.WEEK: re.compile(r"\d{4}-W\d\d", re.ASCII),
    WindowKind.MONTH: re.compile(r"\d{4}-\d\d", re.ASCII),
    WindowKind.QUARTER: re.compile(r"\d{4}-Q[1-4]", re.ASCII),
    WindowKind.YEAR: re.compile(r"\d{4}", re.ASCII),
    WindowKind.SESSION: re.compile(
        _SESSION_PREFIX + r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
        r"(\.[A-Za-z0-9_-]{1,63})?"
    ),
    WindowKind.NONE: re.compile(ALL),
}


def kind_of(window_id: str) -> WindowKind | None:
    """Which kind of window is called like this; each id has the shape of one kind only."""
    return next((kind for kind, shape in _SHAPES.items() if shape.fullmatch(window_id)), None)


def minute_id(start: datetime) -> str:
    """Of the minute that begins at this instant of UTC."""
    return f"{start.date().isoformat()}T{start:%H:%M}Z"


def hour_id(start: datetime, end: datetime) -> str:
    """Of the span of at most an hour between these instants of UTC."""
    day = start.date().isoformat()
    if end - start == HOUR and start.minute == start.second == 0:
        return f"{day}T{start:%H}Z"
    return f"{day}T{_clock(start)}Z/{_clock(end)}"


def run_of_caller(session: str, caller: str) -> str:
    """What a run is called in the ledger: by its id, a version 7 UUID, and whose it is.

    An id is its caller's word, so it is never enough to reach what is another's.
    """
    return f"{session}{_WHOSE}{caller}"


def session_and_caller(run: str) -> tuple[str, str]:
    """The inverse of ``run_of_caller``; no caller where a run is called by its id alone."""
    session, _, caller = run.partition(_WHOSE)
    return session, caller


def session_id(run: str) -> str:
    """Of the window of an agent run, as ``run_of_caller`` calls it."""
    session, caller = session_and_caller(run)
    return _SESSION_PREFIX + (run_of_caller(session.lower(), caller) if caller else run.lower())


def session_named(window_id: str) -> str:
    """The inverse of ``session_id``."""
    return window_id.removeprefix(_SESSION_PREFIX)


def is_of_session(window_id: str) -> bool:
    """Whether the window of this id belongs to an agent run; asked often, so by its beginning."""
    return window_id.startswith(_SESSION_PREFIX)


def session_span(window_id: str) -> tuple[datetime, datetime]:
    """From when an agent run may call until when; ``ValueError`` for no such time."""
    made = made_at(session_and_caller(session_named(window_id))[0])
    if made is None:
        raise ValueError(f"not the window of an agent run: {window_id!r}")
    return made, made + SESSION_LASTS


def oldest_session(now: datetime) -> str:
    """The smallest id of a window of an agent run that has not ended; never before 1970."""
    made = max(0, (now - SESSION_LASTS - _EPOCH) // _MILLISECOND + 1)
    digits = f"{made:012x}"
    return session_id(f"{digits[:8]}-{digits[8:]}-7000-8000-000000000000")


def span_of(window_id: str) -> tuple[datetime, datetime]:
    """From when to when, of the id of a minute or an hour; ``ValueError`` for no such time."""
    begins, _, ends = window_id.partition("/")
    start = datetime.fromisoformat(begins)
    if not ends:
        return start, start + (MINUTE if ":" in begins else HOUR)
    end = datetime.combine(start.date(), time.fromisoformat(ends), UTC)
    return start, end if end > start else end + _DAY


def calendar_id(kind: WindowKind, first: date) -> str:
    """Of the day, week, month, quarter or year that begins with this day."""
    day = first.isoformat()
    match kind:
        case WindowKind.WEEK:
            year, week, _ = first.isocalendar()
            return f"{year:04d}-W{week:02d}"
        case WindowKind.MONTH:
            return day[:7]
        case WindowKind.QUARTER:
            return f"{day[:4]}-Q{(first.month - 1) // MONTHS_PER_QUARTER + 1}"
        case WindowKind.YEAR:
            return day[:4]
        case _:
            return day


def first_day_of(kind: WindowKind, window_id: str) -> date:
    """The day that a day, week, month, quarter or year begins with; ``ValueError`` for none."""
    match kind:
        case WindowKind.WEEK:
            return date.fromisocalendar(int(window_id[:4]), int(window_id[6:]), 1)
        case WindowKind.MONTH:
            return date.fromisoformat(f"{window_id}-01")
        case WindowKind.QUARTER:
            month = (int(window_id[6:]) - 1) * MONTHS_PER_QUARTER + 1
            return date(int(window_id[:4]), month, 1)
        case WindowKind.YEAR:
            return date(int(window_id), 1, 1)
        case _:
            return date.fromisoformat(window_id)


def _clock(moment: datetime) -> str:
    return moment.strftime("%H:%M:%S" if moment.second else "%H:%M")
