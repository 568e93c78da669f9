"""How much a scope varies by itself, learned from its ordinary hours.

Two kinds of noise are told apart, for they shrink differently: what a few calls do by chance, which
many calls average out, and how the level itself wanders, which no number of calls averages out.
"""

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

from cost_sentry.domain.burn_minutes import Use

BLOCK_MINUTES = 5
_CALLS_ENOUGH = 60
"""An hour with fewer calls teaches nothing of its noise."""
_RISE, _FALL = 4, 32
"""Noise grows by a quarter of the difference and shrinks by a thirty-second."""
_MEDIAN_OF_SQUARES = 0.455
"""Of a squared normal deviate: the median heeds no single odd block."""
_JUMP_LEAST, _COUNT_LEAST = 3, 0.01


class Noise(NamedTuple):
    """In thousandths."""

    calls: int = 1_500
    """Variance of the calls of a minute by their mean; 1,000 by chance alone."""
    cost: int = 1_500
    """Squared coefficient of variation of what a call costs."""
    level: int = 60
    """Squared relative deviation of five minutes' money from what is usual, beside chance."""
    cost_level: int = 20
    """The same of what a call costs, from its own hour."""
    hour_level: int = 60
    """Squared relative deviation of an hour's money from what is usual."""

    def of_money(self, calls: float, deviations: float, level: int) -> float:
        """Beside the mean, what so many calls' money hardly reaches."""
        cost = self.cost / 1_000
        return _hardly(deviations, self.calls / 1_000 + cost, level / 1_000, cost, calls)

    def of_calls(self, calls: float, deviations: float, level: int) -> float:
        """The same of the calls."""
        return _hardly(deviations, self.calls / 1_000, level / 1_000, 1, calls)

    def of_cost(self, calls: float, deviations: float) -> float:
        """The same of what one of so many calls costs."""
        cost = self.cost / 1_000
        return _hardly(deviations, cost, self.cost_level / 1_000, cost, calls)


FIRST_NOISE = Noise()
"""Of a scope that nobody knows yet."""
_BOUNDS = Noise(30_000, 300_000, 400, 400, 250), Noise(800, 300, 10, 5, 5)
"""Most and least."""


def _hardly(deviations: float, spread: float, level: float, jump: float, count: float) -> float:
    """Bernstein's inequality: its last term is what one very dear call does among a few.

    A call costs at most ``jump`` times the mean, if that is above ``_JUMP_LEAST``: where a few
    dear calls make most of the cost, the squared variation is about that.
    """
    count = max(count, _COUNT_LEAST)
    rare = deviations**2 * max(jump, _JUMP_LEAST) / (6 * count)
    return 1 + deviations * math.sqrt(spread / count + level) + rare


def noise_after(noise: Noise, minutes: Sequence[Use], usual_picodollars: Sequence[float]) -> Noise:
    """After an ordinary hour.

    Args:
        noise: before.
        minutes: of the hour, all of them.
        usual_picodollars: of each block of five; empty if nobody knows.
    """
    calls, money, _ = (sum(column) for column in zip(*minutes, strict=True))
    if calls < _CALLS_ENOUGH or not money:
        return noise
    count, per_call = len(minutes), money / calls
    by_chance = sum((use.calls - calls / count) ** 2 for use in minutes) / calls
    by_cost = sum((use.picodollars / per_call - use.calls) ** 2 for use in minutes) / calls
    blocks = [_together(minutes[at : at + BLOCK_MINUTES]) for at in range(0, count, BLOCK_MINUTES)]
    costs = [
        (block.picodollars / (block.calls * per_call) - 1) ** 2 - by_cost / block.calls
        for block in blocks
        if block.calls
    ]
    levels = [
        (block.picodollars / usually - 1) ** 2 - (by_chance + by_cost) * per_call / usually
        for block, usually in zip(blocks, usual_picodollars, strict=False)
        if usually
    ]
    usually = sum(usual_picodollars)
    seen = Noise(
        round(1_000 * by_chance),
        round(1_000 * by_cost),
        round(1_000 * _spread(levels)) if levels else noise.level,
        round(1_000 * _spread(costs)),
        round(1_000 * (money / usually - 1) ** 2) if usually else noise.hour_level,
    )
    moved = Noise(*map(_moved, noise, seen, *_BOUNDS))
    hour_level = min(seen.hour_level, _BOUNDS[0].hour_level)
    # One deviation an hour: their mean is learned, not the largest of them.
    hour_level = noise.hour_level + (hour_level - noise.hour_level) // _FALL
    return moved._replace(hour_level=max(hour_level, _BOUNDS[1].hour_level))


def _together(uses: Sequence[Use]) -> Use:
    return Use(*(sum(column) for column in zip(*uses, strict=True)))


def _spread(squares: Sequence[float]) -> float:
    return max(statistics.median(squares), 0) / _MEDIAN_OF_SQUARES


def _moved(before: int, seen: int, most: int, least: int) -> int:
    seen = min(max(seen, least), most)
    return before + (seen - before) // (_RISE if seen > before else _FALL)
