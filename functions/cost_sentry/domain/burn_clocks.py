"""What is usual by whatever clock a scope's callers live by, in the weeks after clocks were set."""

import math
from collections.abc import Iterator
from functools import lru_cache

from cost_sentry.domain.burn_history import HOURS_KEPT, History, Usual, money_before, usual
from cost_sentry.domain.clock_changes import Move, moves_at

_EVIDENCE_HOURS = 72
"""That end at any time hold a working day, and nights."""
_EVIDENCE_AFTER = 72
"""Hours after a change that are enough: a Sunday's afternoon and a Monday, also in the west."""
_SET_EVERYWHERE = 24
"""Hours after the day of a change has begun somewhere."""
_CLEARLY = 1.5


@lru_cache(maxsize=4_096)
def usual_by_any_clock(history: History, half_hour: int) -> Usual | None:
    """As ``usual``: the highest of it by UTC, and by the clocks that may have been set lately."""
    known = [by_one for by_one in _by_each_clock(history, half_hour) if by_one is not None]
    if len(known) < 2:  # noqa: PLR2004 - nothing to compare
        return known[0] if known else None
    highest = (max(column) for column in zip(*(one[:-1] for one in known), strict=True))
    return Usual._make([*highest, all(one.is_known for one in known)])


def usual_of_hour(history: History, hour: int, picodollars: int) -> tuple[Usual | None, ...]:
    """Both halves of an hour by the clock that explains best what it cost."""
    halves = 2 * hour, 2 * hour + 1
    by_clock = zip(*(tuple(_by_each_clock(history, half)) for half in halves), strict=True)
    return min(by_clock, key=lambda each: _distance(each, picodollars))


def _by_each_clock(history: History, half_hour: int) -> Iterator[Usual | None]:
    """By UTC first."""
    yield usual(history, half_hour)
    moves = moves_at(half_hour // 2)
    for hours in sorted({move.hours for move in moves if not _has_stayed(history, move)}):
        yield usual(history, half_hour + 2 * hours)


@lru_cache(maxsize=1_024)
def _has_stayed(history: History, move: Move) -> bool:
    """Whether the last days are clearly nearer to their own hours before than to those moved."""
    through = history.through
    if through - move.since < _EVIDENCE_AFTER:
        return False
    stayed = moved = 0
    for hour in range(max(move.since + _SET_EVERYWHERE, through - _EVIDENCE_HOURS), through):
        seen = history.money[hour % HOURS_KEPT]
        own = money_before(history, hour, move.since)
        other = money_before(history, hour + move.hours, move.since)
        if seen and own and other:
            stayed, moved = stayed + abs(seen - own), moved + abs(seen - other)
    return moved > _CLEARLY * stayed


def _distance(halves: tuple[Usual | None, ...], picodollars: int) -> float:
    """In doublings; nothing known is the farthest."""
    usually = 30 * sum(half.picodollars for half in halves if half)
    if not usually or not picodollars:
        return math.inf
    return abs(math.log2(picodollars / usually))
