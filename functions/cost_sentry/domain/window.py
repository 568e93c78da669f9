"""Windows of a budget. The window id is part of the ledger's key, so nothing is ever reset.

A moment is in exactly one window of a kind and a time zone, and a window begins where the one
before it ends; but agent runs overlap, and each is a window of its own. A reservation keeps the id
of the window it was made in; nobody computes it again.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from cost_sentry.domain.calendar_period import first_day_after, first_day_around
from cost_sentry.domain.civil_time import first_instant, first_second, offset_at, reading
from cost_sentry.domain.window_id import (
    ALL,
    HOUR,
    MINUTE,
    SPANS,
    WindowKind,
    calendar_id,
    first_day_of,
    hour_id,
    kind_of,
    minute_id,
    oldest_session,
    session_span,
    span_of,
)

__all__ = ["Window", "WindowKind", "has_ended", "session_window", "window_at", "window_named"]

_BEHIND_UTC_MAX = timedelta(hours=12)
"""Where a day ends last: at sea, and on uninhabited islands (tz database, ``Etc/GMT+12``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One half-open span ``[start, end)`` of UTC; a window of kind ``none`` has neither."""

    id: str
    """See ``window_id``."""
    start: datetime | None
    end: datetime | None


_ALL = Window(id=ALL, start=None, end=None)
_last: dict[tuple[WindowKind, tzinfo], Window] = {}
"""What was found last. Thousands of calls fall into one window; this only saves their time."""


def window_at(kind: WindowKind, now: datetime, zone: tzinfo = UTC) -> Window:
    """The window of ``kind`` in the time zone ``zone`` that ``now`` (never naive) falls into.

    Of agent runs the one that could have begun first: ids of all that have not ended sort after it.
    """
    last = _last.get((kind, zone), _ALL)
    if last.start is not None and last.end is not None and last.start <= now < last.end:
        return last
    found = _find(kind, now, zone)
    _last[kind, zone] = found
    return found


def _find(kind: WindowKind, now: datetime, zone: tzinfo) -> Window:
    match kind:
        case WindowKind.NONE:
            return _ALL
        case WindowKind.MINUTE:
            # Clocks have differed by whole minutes everywhere since 1972.
            start = now.astimezone(UTC).replace(second=0, microsecond=0)
            return Window(id=minute_id(start), start=start, end=start + MINUTE)
        case WindowKind.HOUR:
            start, end = _hour_at(now.astimezone(UTC), zone)
            return Window(id=hour_id(start, end), start=start, end=end)
        case WindowKind.SESSION:
            return session_window(oldest_session(now))
        case _:
            return _calendar_window_at(kind, now, zone)


def session_window(window_id: str) -> Window:
    """Of one agent run; ``ValueError`` for no such id."""
    start, end = session_span(window_id)
    return Window(id=window_id, start=start, end=end)


def window_named(kind: WindowKind, window_id: str, zone: tzinfo = UTC) -> Window | None:
    """The window of this id; ``None`` if there is none of this kind in this time zone."""
    if kind_of(window_id) is not kind:
        return None
    try:
        if kind is WindowKind.SESSION:
            return session_window(window_id)
        window = window_at(kind, _start_of(kind, window_id, zone), zone)
    except (ValueError, OverflowError):  # 31 November; the year 0 or 10,000
        return None
    return window if window.id == window_id else None


def has_ended(window_id: str, now: datetime) -> bool:
    """Whether the window of this id is over in every time zone that it may be of.

    Exact for minutes, hours and agent runs, at most 26 hours late for the longer ones; ``all``
    never ends.
    """
    kind = kind_of(window_id)
    if kind is None or kind is WindowKind.NONE:
        return False
    try:
        return now >= _end_everywhere(kind, window_id)
    except (ValueError, OverflowError):
        return False


def _hour_at(now: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """The hour that clocks show, from when they show it, or were set, until they are set again."""
    offset = offset_at(now, zone)
    start = (now + offset).replace(minute=0, second=0, microsecond=0) - offset
    end = start + HOUR
    second = now.replace(microsecond=0)
    if offset_at(start, zone) != offset:
        start = first_second(start, second, lambda moment: offset_at(moment, zone) == offset)
    if offset_at(end - timedelta(seconds=1), zone) != offset:
        end = first_second(second, end, lambda moment: offset_at(moment, zone) != offset)
    return start, end


def _calendar_window_at(kind: WindowKind, now: datetime, zone: tzinfo) -> Window:
    first = first_day_around(kind, reading(now, zone).date())
    following = first_day_after(kind, first)
    end = _midnight(following, zone)
    while end <= now:  # A clock that was set back over midnight shows the day before again.
        first, following = following, first_day_after(kind, following)
        end = _midnight(following, zone)
    return Window(id=calendar_id(kind, first), start=_midnight(first, zone), end=end)


def _start_of(kind: WindowKind, window_id: str, zone: tzinfo) -> datetime:
    if kind is WindowKind.NONE:
        return datetime.min.replace(tzinfo=UTC)
    if kind in SPANS:
        return span_of(window_id)[0]
    return _midnight(first_day_of(kind, window_id), zone)


def _end_everywhere(kind: WindowKind, window_id: str) -> datetime:
    if kind in SPANS:
        return span_of(window_id)[1]
    if kind is WindowKind.SESSION:
        return session_span(window_id)[1]
    following = first_day_after(kind, first_day_of(kind, window_id))
    return _midnight(following, UTC) + _BEHIND_UTC_MAX


def _midnight(day: date, zone: tzinfo) -> datetime:
    return first_instant(datetime.combine(day, time.min), zone)
