"""What a scope usually uses, hour by hour: three weeks and a day in 2,640 bytes.

An hour is remembered as five codes of one byte, on a logarithmic scale whose steps are a tenth.
What is usual in an hour is a median over the same hour of earlier days of the same kind, working
days or weekends, and over the same hour of earlier weeks: one odd day among them changes nothing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

HOURS_KEPT = 22 * 24
"""Three weeks, and a day so that the same hour three weeks ago is not written over yet."""
_DAY, _WEEK = 24, 7 * 24
_UNKNOWN, _ZERO, _FIRST, _LAST = 0, 1, 2, 255
_STEPS_PER_DOUBLING = 7
_MONEY_UNIT = 10**7
"""Picodollars in an hour that are worth telling from nothing; the scale ends at 700,000 dollars."""
_DAYS_COMPARED = 8
_DAYS_ENOUGH = 3
"""With so many comparable days an hour is known."""
_WEEKS_ENOUGH = 2
_RECENT_HOURS = 6
_MEDIAN, _PEAK_QUANTILE, _BUSY_QUANTILE, _HIGHEST = 50, 75, 97, 100
"""In percent. Of the peaks of a weekly job there are few, so the highest counts."""
_QUIET_STEPS = round(math.log2(10) * _STEPS_PER_DOUBLING)
"""A tenth of a busy hour: less is always usual, so that a few calls at night are no anomaly."""
_SATURDAY, _EPOCH_WEEKDAY = 5, 3
"""Monday is 0; 1 January 1970 was a Thursday."""


class HourUse(NamedTuple):
    """What one hour used; peaks are twelve times its highest five minutes."""

    picodollars: int
    calls: int
    tokens: int
    peak_picodollars: int
    peak_calls: int


class Usual(NamedTuple):
    """What a minute usually uses. Fractions: no money is decided by them."""

    picodollars: float
    calls: float
    tokens: float
    peak_picodollars: float
    """In the dearest five minutes of such an hour, per minute."""
    peak_calls: float
    cost_per_call: float
    tokens_per_call: float
    is_known: bool
    """From enough comparable days; otherwise from what there is, such as the last hours."""


@dataclass(frozen=True, slots=True)
class History:
    """Rings of codes, one byte an hour, at ``hour % HOURS_KEPT``.

    Hours count from 1970, in UTC. All before ``through`` are learned, or are not known for good.
    """

    through: int
    money: bytes = bytes(HOURS_KEPT)
    calls: bytes = bytes(HOURS_KEPT)
    tokens: bytes = bytes(HOURS_KEPT)
    peak: bytes = bytes(HOURS_KEPT)
    peak_calls: bytes = bytes(HOURS_KEPT)

    @property
    def rings(self) -> tuple[bytes, bytes, bytes, bytes, bytes]:
        """All of them, in the order of ``HourUse``."""
        return self.money, self.calls, self.tokens, self.peak, self.peak_calls

    def with_hour(self, use: HourUse | None) -> "History":
        """With the hour ``through`` learned; ``None``: nobody knows, which is not zero."""
        codes = (_UNKNOWN,) * 5 if use is None else _codes(use)
        slot = self.through % HOURS_KEPT
        written = [
            ring[:slot] + bytes((code,)) + ring[slot + 1 :]
            for ring, code in zip(self.rings, codes, strict=True)
        ]
        return History(self.through + 1, *written)

    def skipped_to(self, hour: int) -> "History":
        """With the hours before this one unknown, as far as they are not learned."""
        if hour - self.through >= HOURS_KEPT:
            return History(hour)
        history = self
        while history.through < hour:
            history = history.with_hour(None)
        return history

    def forgotten(self, hours: int) -> "History":
        """With nothing known but the last hours: what was usual before is usual no more."""
        kept = [(self.through - 1 - back) % HOURS_KEPT for back in range(hours)]
        only = [
            bytes(ring[slot] if slot in kept else _UNKNOWN for slot in range(HOURS_KEPT))
            for ring in self.rings
        ]
        return History(self.through, *only)


class _Codes(NamedTuple):
    """Of one hour, or of what is usual in it; between two steps where it is between hours."""

    money: float
    calls: float
    tokens: float
    peak: float
    peak_calls: float


@lru_cache(maxsize=4_096)
def usual(history: History, half_hour: int) -> Usual | None:
    """In any minute of this half of an hour; halves count from 1970. ``None``: nothing is known.

    The higher of the two hours around it counts: what begins ten minutes early is usual still.
    """
    around = ((half_hour - 1) // 2, (half_hour - 1) // 2 + 1)
    if _hours_known(history) < _DAY:
        return None
    compared = [_comparable(hour) for hour in around]
    money = history.money
    is_known = all(
        sum(money[slot] > _UNKNOWN for slot in days) >= _DAYS_ENOUGH for days, _ in compared
    )
    hours = [_usual_hour(history, days, weeks) for days, weeks in compared]
    if not is_known:
        hours += _stand_ins(history, around)
    hours = [hour for hour in hours if hour.money > _UNKNOWN]
    if not hours:
        return None
    least = _quiet(history)
    highest = _highest([*hours, least])
    mean = _between(hours[0], hours[1], half_hour) if is_known else highest
    busy = [h for h in (*hours, least) if min(h.money, h.calls, h.tokens) > _ZERO]
    return Usual(
        picodollars=_value(max(mean.money, least.money), _MONEY_UNIT) / 60,
        calls=_value(max(mean.calls, least.calls), 1) / 60,
        tokens=_value(max(mean.tokens, least.tokens), 1) / 60,
        peak_picodollars=_value(highest.peak, _MONEY_UNIT) / 60,
        peak_calls=_value(highest.peak_calls, 1) / 60,
        cost_per_call=_MONEY_UNIT * _per_call([h.money - h.calls for h in busy]),
        tokens_per_call=_per_call([h.tokens - h.calls for h in busy]),
        is_known=is_known,
    )


def _highest(hours: Sequence[_Codes]) -> _Codes:
    return _Codes(*map(max, zip(*hours, strict=True)))


def _between(first: _Codes, second: _Codes, half_hour: int) -> _Codes:
    """In the middle of this half, three quarters of its own hour; beside nothing, the higher."""
    near, far = (first, second) if half_hour % 2 else (second, first)
    return _Codes(
        *(
            max(pair) if min(pair) <= _ZERO else (3 * pair[0] + pair[1]) / 4
            for pair in zip(near, far, strict=True)
        )
    )


@lru_cache(maxsize=1_024)
def _comparable(hour: int) -> tuple[Sequence[int], Sequence[int]]:
    """Slots of the same hour of earlier days of its kind, the latest first; and of weeks before."""
    is_weekend = _is_weekend(hour)
    days = [
        earlier
        for earlier in range(hour - _DAY, hour - 3 * _WEEK - 1, -_DAY)
        if _is_weekend(earlier) == is_weekend
    ]
    weeks = [earlier for earlier in days if (hour - earlier) % _WEEK == 0]
    return _slots(days), _slots(weeks)


def money_before(history: History, hour: int, before: int) -> int:
    """The code of what was usual in this hour by days of its kind before another; 0: nobody knows.

    Unlike ``usual`` it may be asked of hours that are learned by now.
    """
    is_weekend, latest = _is_weekend(hour), hour - -(-(hour - before + 1) // _DAY) * _DAY
    days = range(latest, history.through - HOURS_KEPT - 1, -_DAY)
    codes = [history.money[day % HOURS_KEPT] for day in days if _is_weekend(day) == is_weekend]
    return _quantile([code for code in codes if code][:_DAYS_COMPARED], _MEDIAN)


def _slots(hours: Sequence[int]) -> Sequence[int]:
    return tuple(hour % HOURS_KEPT for hour in hours)


def _is_weekend(hour: int) -> bool:
    return (hour // _DAY + _EPOCH_WEEKDAY) % 7 >= _SATURDAY


def _usual_hour(history: History, days: Sequence[int], weeks: Sequence[int]) -> _Codes:
    """Of each ring the higher of both medians; of the peaks higher quantiles."""

    def code(ring: bytes, of_days: int = _MEDIAN, of_weeks: int = _MEDIAN) -> int:
        of_day = [c for slot in days if (c := ring[slot])][:_DAYS_COMPARED]
        of_week = [c for slot in weeks if (c := ring[slot])]
        found = _quantile(of_day, of_days)
        if len(of_week) < _WEEKS_ENOUGH:
            return found
        return max(found, _quantile(of_week, of_weeks))

    return _Codes(
        money=code(history.money),
        calls=code(history.calls),
        tokens=code(history.tokens),
        peak=code(history.peak, _PEAK_QUANTILE, _HIGHEST),
        peak_calls=code(history.peak_calls, _PEAK_QUANTILE, _HIGHEST),
    )


@lru_cache(maxsize=64)
def _hours_known(history: History) -> int:
    return HOURS_KEPT - history.money.count(_UNKNOWN)


def _stand_ins(history: History, around: Sequence[int]) -> list[_Codes]:
    """The last hours that were learned, and these hours of the last days of whatever kind."""
    last = history.through - 1
    hours = [last - back for back in range(_RECENT_HOURS)]
    for hour in around:
        begin = hour - (hour - last + _DAY - 1) // _DAY * _DAY
        hours += [begin - back * _DAY for back in range(_DAYS_ENOUGH)]
    return [_Codes(*(ring[hour % HOURS_KEPT] for ring in history.rings)) for hour in hours]


@lru_cache(maxsize=64)
def _quiet(history: History) -> _Codes:
    """A tenth of the busiest hours of the last week."""
    slots = [
        (history.through - 1 - back) % HOURS_KEPT for back in range(min(_WEEK, history.through))
    ]

    def code(ring: bytes) -> int:
        busy = _quantile([c for slot in slots if (c := ring[slot])], _BUSY_QUANTILE)
        return max(busy - _QUIET_STEPS, _ZERO)

    return _Codes(*map(code, history.rings))


def _quantile(codes: Sequence[int], percent: int) -> int:
    """The lower one of two; ``_UNKNOWN`` of nothing."""
    if not codes:
        return _UNKNOWN
    return sorted(codes)[(len(codes) - 1) * percent // 100]


def _codes(use: HourUse) -> tuple[int, int, int, int, int]:
    return (
        _code(use.picodollars, _MONEY_UNIT),
        _code(use.calls, 1),
        _code(use.tokens, 1),
        _code(use.peak_picodollars, _MONEY_UNIT),
        _code(use.peak_calls, 1),
    )


def _code(amount: int, unit: int) -> int:
    """The nearest step of the scale; what is less than a unit is nothing."""
    if amount < unit:
        return _ZERO
    return min(_FIRST + round(math.log2(amount / unit) * _STEPS_PER_DOUBLING), _LAST)


def _value(code: float, unit: int) -> float:
    return 0.0 if code <= _ZERO else unit * 2 ** ((code - _FIRST) / _STEPS_PER_DOUBLING)


def _per_call(steps: Sequence[float]) -> float:
    """The highest of ratios, from differences of codes; 0 of none."""
    return 2 ** (max(steps) / _STEPS_PER_DOUBLING) if steps else 0.0
