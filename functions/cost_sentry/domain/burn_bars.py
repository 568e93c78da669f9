"""How high a scope's windows must be to be unlike its past; the same for half an hour.

An expectation, the noise around it and the dearest minutes of the past each set a bar, and the
highest counts.
"""

from functools import lru_cache
from typing import NamedTuple

from cost_sentry.domain.burn_clocks import usual_by_any_clock
from cost_sentry.domain.burn_history import History, Usual
from cost_sentry.domain.burn_noise import Noise
from cost_sentry.domain.burn_rules import BurnRules, MoneyWindow

CONFIRM_MINUTES = 5
_CONFIRM_SHARE = 0.8
"""A long window counts while the last minutes are unusual too: of what is over nothing is told."""
_MONEY_LEAST = 1.15
"""What a call costs matters where money is above what is usual."""
_PEAK_DEVIATIONS = 3
"""By so many a window may be above the dearest minutes of the past by chance."""
_HALF_HOUR, _HOUR = 30, 60
_HALVES_MAX = 2
"""That the longest window touches."""


class Bar(NamedTuple):
    """Of one window."""

    minutes: int
    height: float
    """The sum over the window that is not ordinary any more."""
    usually: float
    confirm: float
    """And what the last ``CONFIRM_MINUTES`` must be above; 0 for short windows."""


class RatioBar(NamedTuple):
    """Of what a call costs and how long it is, in one window."""

    minutes: int
    factor: float
    deviations: float
    cost_per_call: float
    tokens_per_call: float
    picodollars: float
    """Less money than this is ordinary whatever a call is."""


class Bars(NamedTuple):
    """All that a window may be held against."""

    usual: Usual
    money: tuple[Bar, ...]
    calls: tuple[Bar, ...]
    per_call: tuple[RatioBar, ...]


@lru_cache(maxsize=1_024)
def bars(history: History, noise: Noise, half_hour: int, rules: BurnRules) -> Bars | None:
    """For windows that end in this half of an hour; ``None``: nothing is known of the scope."""
    now = usual_by_any_clock(history, half_hour)
    if now is None:
        return None
    floor, calls_floor = rules.floor_picodollars_per_minute, rules.floor_calls_per_minute
    over = [_over(history, now, half_hour, back) for back in range(_HALVES_MAX + 1)]
    money, calls, ratios = [], [], []
    for window in rules.money:
        of = over[_halves(window.minutes)]
        level = noise.hour_level if window.minutes >= _HOUR else noise.level
        chance = noise.of_money(of.calls * window.minutes, window.deviations, level)
        peaks = noise.of_money(of.peak_calls * window.minutes, _PEAK_DEVIATIONS, 0)
        factors = max(window.factor * _young(of, rules), chance), max(window.peak_factor, peaks)
        least = max(floor, rules.least_picodollars / window.minutes)
        money.append(_bar(window, factors, (of.picodollars, of.peak_picodollars), least))
    for window in rules.calls:
        of = over[_halves(window.minutes)]
        chance = noise.of_calls(of.calls * window.minutes, window.deviations, noise.level)
        peaks = noise.of_calls(of.peak_calls * window.minutes, _PEAK_DEVIATIONS, 0)
        factors = max(window.factor * _young(of, rules), chance), max(window.peak_factor, peaks)
        calls.append(_bar(window, factors, (of.calls, of.peak_calls), calls_floor))
    for ratio in rules.per_call:
        of = over[_halves(ratio.minutes)]
        if of.cost_per_call:
            bar = RatioBar(
                minutes=ratio.minutes,
                factor=ratio.factor * _young(of, rules),
                deviations=ratio.deviations,
                cost_per_call=of.cost_per_call,
                tokens_per_call=of.tokens_per_call,
                picodollars=max(of.picodollars * _MONEY_LEAST, floor) * ratio.minutes,
            )
            ratios.append(bar)
    return Bars(now, tuple(money), tuple(calls), tuple(ratios))


def _halves(minutes: int) -> int:
    """Into how many halves of an hour before this one a window reaches, if it is a long one."""
    return -(-minutes // _HALF_HOUR) if minutes > CONFIRM_MINUTES else 0


def _over(history: History, now: Usual, half_hour: int, halves: int) -> Usual:
    """The highest of this half and of those before it."""
    if not halves:
        return now
    before = [usual_by_any_clock(history, half_hour - back) for back in range(1, halves + 1)]
    known = [now, *(half for half in before if half is not None)]
    highest = [max(column) for column in zip(*(half[:-1] for half in known), strict=True)]
    return Usual._make([*highest, all(half.is_known for half in known)])


def _young(of: Usual, rules: BurnRules) -> float:
    return 1 if of.is_known else rules.young_factor


def _bar(
    window: MoneyWindow, factors: tuple[float, float], rates: tuple[float, float], floor: float
) -> Bar:
    """Factors and rates are of the mean and of the dearest minutes."""
    usually = rates[0]
    rate = max(usually * factors[0], usually + floor, rates[1] * factors[1])
    is_long = window.minutes > CONFIRM_MINUTES
    return Bar(
        minutes=window.minutes,
        height=rate * window.minutes,
        usually=max(usually, floor) * window.minutes,
        confirm=_CONFIRM_SHARE * rate * CONFIRM_MINUTES if is_long else 0,
    )
