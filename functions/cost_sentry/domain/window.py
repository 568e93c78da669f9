"""Windows of a budget. The window id is part of the ledger's key, so nothing is ever reset."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import assert_never


class WindowKind(StrEnum):
    """How long a budget's limit lasts, in UTC."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One half-open span ``[start, end)``; a window of kind ``none`` has neither."""

    id: str
    """``2026-11-21``, ``2026-W47`` (ISO 8601 week), ``2026-11`` or ``all``."""
    start: datetime | None
    end: datetime | None


def window_at(kind: WindowKind, now: datetime) -> Window:
    """The window of ``kind`` that ``now`` (any time zone, never naive) falls into."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    match kind:
        case WindowKind.DAY:
            start, end = midnight, midnight + timedelta(days=1)
            return Window(id=f"{start:%Y-%m-%d}", start=start, end=end)
        case WindowKind.WEEK:
            start = midnight - timedelta(days=midnight.weekday())
            year, week, _ = start.isocalendar()
            return Window(id=f"{year}-W{week:02d}", start=start, end=start + timedelta(days=7))
        case WindowKind.MONTH:
            start = midnight.replace(day=1)
            end = (start + timedelta(days=32)).replace(day=1)
            return Window(id=f"{start:%Y-%m}", start=start, end=end)
        case WindowKind.NONE:
            return Window(id="all", start=None, end=None)
    assert_never(kind)


def has_ended(window_id: str, now: datetime) -> bool:
    """Whether the window of this id is over; ``all`` never is, nor one that begins later.

    Ids of one kind are equally long and sort by time.
    """
    current = {len(window_at(kind, now).id): window_at(kind, now).id for kind in WindowKind}
    return window_id < current.get(len(window_id), window_id)
