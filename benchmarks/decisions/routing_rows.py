"""One row for each router: accuracy, cost, and gain over a random mix that costs as much."""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Any

from benchmarks.decisions.answered import Answered
from benchmarks.decisions.mixes import Mixed, Shares, interval, resampled, table_of
from benchmarks.decisions.routers import SHARES

CHEAP, DEAR = "always cheap", "always dear"
BEST_CONSTANT = "best constant choice"
ORACLE = "oracle"
DIGITS = 4
SEED = 4
"""Of the resampling."""

Json = dict[str, Any]
Figure = Callable[[Mixed], float]


def ours(share: float) -> str:
    """The estimate against a threshold, set to send this share of prompts to the dear model."""
    return f"ours, {share:.0%}"


def ours_with_prices(share: float) -> str:
    """The estimate against what the dear model costs more, set likewise."""
    return f"ours with prices, {share:.0%}"


def shortest(share: float) -> str:
    """The control: the shortest prompts to the dear model, for as much as ours with prices."""
    return f"shortest first, as ours with prices, {share:.0%}"


def rows_of(
    prompts: Sequence[Answered], splits: Sequence[Mapping[str, Shares]], resamples: int
) -> tuple[list[Json], Json]:
    """The rows, and beside them what is told of the routers otherwise.

    Args:
        prompts: under test.
        splits: by router, the share of each prompt that goes to the dear model; for each split
            into prompts to learn from and prompts to test on.
        resamples: for the intervals.
    """
    names = list(splits[0])
    tables = [table_of(prompts, [split[name] for name in names]) for split in splits]
    mean = [
        list(map(fmean, zip(*(split[name] for split in splits), strict=True))) for name in names
    ]
    found = dict(zip(names, table_of(prompts, mean).mixed(), strict=True))
    drawn = [dict(zip(names, one, strict=True)) for one in resampled(tables, resamples, SEED)]
    told = Told(found, drawn)
    rows: list[Json] = []
    for name in names:
        row = told.row(name)
        if name in map(ours, SHARES):
            rows.append(told.random_row(name))
        rows.append(row)
    return rows, {
        "prompts": len(prompts),
        "sent": {name: _round(one.sent / one.prompts) for name, one in found.items()},
        "gain_at_equal_calls": {
            name: told.both(name, lambda one: one.gain_by_calls)
            for share in SHARES
            for name in (ours(share), ours_with_prices(share))
        },
        "gain_over_shortest_first": {
            ours_with_prices(share): told.over(ours_with_prices(share), shortest(share))
            for share in SHARES
        },
        "savings": {
            name: told.both(name, lambda one: one.saving)
            for share in SHARES
            for name in (ours(share), ours_with_prices(share))
            if told.is_above_the_mix(name)
        },
    }


class Told:
    """Figures of routers with their intervals.

    Args:
        found: of all prompts.
        drawn: of each resampling.
    """

    def __init__(self, found: Mapping[str, Mixed], drawn: Sequence[Mapping[str, Mixed]]) -> None:
        self._found = found
        self._drawn = drawn

    def row(self, name: str) -> Json:
        """As the issue asked for it."""
        mixed = self._found[name]
        return {
            "router": name,
            "accuracy": _round(mixed.accuracy),
            "accuracy_interval": self._interval(name, lambda one: one.accuracy),
            "cost_ratio_to_always_dear": _round(mixed.cost_ratio),
            "gain_over_random_mix_at_equal_cost": _round(mixed.gain),
            "gain_interval": self._interval(name, lambda one: one.gain),
        }

    def random_row(self, name: str) -> Json:
        """Of the random mix that costs as much as this router; it gains nothing over itself."""
        mixed = self._found[name]
        return {
            "router": f"random mix, as {name}",
            "accuracy": _round(mixed.accuracy - mixed.gain),
            "accuracy_interval": self._interval(name, lambda one: one.accuracy - one.gain),
            "cost_ratio_to_always_dear": _round(mixed.cost_ratio),
            "gain_over_random_mix_at_equal_cost": 0.0,
            "gain_interval": [0.0, 0.0],
        }

    def both(self, name: str, figure: Figure) -> Json:
        """A figure and its interval."""
        return {
            "found": _round(figure(self._found[name])),
            "interval": self._interval(name, figure),
        }

    def over(self, name: str, control: str) -> Json:
        """How much more one gains than another that costs as much."""
        found = self._found[name].gain - self._found[control].gain
        drawn = [one[name].gain - one[control].gain for one in self._drawn]
        return {"found": _round(found), "interval": [_round(end) for end in interval(drawn)]}

    def is_above_the_mix(self, name: str) -> bool:
        """Whether a saving may be claimed."""
        return self._interval(name, lambda one: one.gain)[0] > 0

    def _interval(self, name: str, figure: Figure) -> list[float]:
        return [_round(end) for end in interval([figure(one[name]) for one in self._drawn])]


def _round(figure: float) -> float:
    # Adding nothing turns minus zero into zero.
    return round(figure, DIGITS) + 0.0
