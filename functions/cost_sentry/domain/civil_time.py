"""Clocks on walls, which people set forward and back, against instants, which only pass.

A clock that is set forward never shows some times, and one that is set back shows some twice. So
a day does not begin at a time of day, but at the first instant at which the clock shows that time
or a later one: such instants follow each other in the order of their times, whatever was done.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo

_SECOND = timedelta(seconds=1)
_NOTHING = timedelta(0)


def first_instant(wall: datetime, zone: tzinfo) -> datetime:
    """When clocks of ``zone`` first show ``wall`` or later; in UTC.

    Args:
        wall: a reading of the clock, naive, in whole seconds.
        zone: as of ``zoneinfo``; one that sets its clocks twice within a day is none on earth.
    """
    if zone is UTC:
        return wall.replace(tzinfo=UTC)
    # PEP 495: of a time that is shown twice, fold 0 is the first; of one that is never shown,
    # fold 0 counts by the clock before it was set, and fold 1 by the clock after.
    early, late = (_at_fold(wall, zone, fold) for fold in (0, 1))
    if early <= late:
        return early
    return first_second(late, early, lambda moment: reading(moment, zone) >= wall)


def reading(moment: datetime, zone: tzinfo) -> datetime:
    """What clocks of ``zone`` show at this instant, naive."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def offset_at(moment: datetime, zone: tzinfo) -> timedelta:
    """How far clocks of ``zone`` are ahead of UTC at this instant."""
    return moment.astimezone(zone).utcoffset() or _NOTHING


def first_second(after: datetime, until: datetime, is_so: Callable[[datetime], bool]) -> datetime:
    """The first second at which ``is_so``, between one where it is not and one where it is.

    It must become so once and stay so; ``after`` and ``until`` are whole seconds.
    """
    while until - after > _SECOND:
        middle = after + (until - after) // 2 // _SECOND * _SECOND
        after, until = (after, middle) if is_so(middle) else (middle, until)
    return until


def _at_fold(wall: datetime, zone: tzinfo, fold: int) -> datetime:
    return (wall - (wall.replace(tzinfo=zone, fold=fold).utcoffset() or _NOTHING)).replace(
        tzinfo=UTC
    )
