"""How right and how dear a mix of two models is, beside a random mix that costs as much.

A random mix sends some share of all prompts to the dear model without looking. Its accuracy lies on
the straight line between always cheap and always dear. Whatever routes must lie above that line.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.decisions.answered import Answered

LEVEL = 0.95

Shares = Sequence[float]
"""For each prompt, how much of it goes to the dear model: 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixed:
    """Sums over prompts, of which each figure is a ratio."""

    prompts: float
    cheap: float
    """Answered rightly by the cheap model, if it is asked everything."""
    dear: float
    cheap_cost: float
    dear_cost: float
    gained: float
    """More answers were right than if the cheap model had been asked everything."""
    spent: float
    """More was spent."""
    sent: float
    """Prompts that went to the dear model."""

    @property
    def accuracy(self) -> float:
        """Share of right answers."""
        return (self.cheap + self.gained) / self.prompts

    @property
    def cost_ratio(self) -> float:
        """To always dear."""
        return (self.cheap_cost + self.spent) / self.dear_cost

    @property
    def gain(self) -> float:
        """Accuracy above a random mix that costs as much."""
        share = self.spent / (self.dear_cost - self.cheap_cost)
        return (self.gained - share * (self.dear - self.cheap)) / self.prompts

    @property
    def gain_by_calls(self) -> float:
        """Accuracy above a random mix that asks the dear model as often."""
        return (self.gained - self.sent / self.prompts * (self.dear - self.cheap)) / self.prompts

    @property
    def saving(self) -> float:
        """What a random mix as accurate costs more than this, as a share of what it costs."""
        share = self.gained / (self.dear - self.cheap)
        mix = self.cheap_cost + share * (self.dear_cost - self.cheap_cost)
        return 1 - (self.cheap_cost + self.spent) / mix


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of numbers, a row for each prompt; the last three of them for each router."""

    base: tuple[Shares, ...]
    routed: tuple[tuple[Shares, ...], ...]

    def mixed(self, places: Sequence[int] | None = None) -> list[Mixed]:
        """For each router, over these rows, some perhaps more than once; or over all."""
        count = len(self.base[0]) if places is None else len(places)
        base = [_total(column, places) for column in self.base]
        return [
            Mixed(
                prompts=count,
                cheap=base[0],
                dear=base[1],
                cheap_cost=base[2],
                dear_cost=base[3],
                gained=_total(routed[0], places),
                spent=_total(routed[1], places),
                sent=_total(routed[2], places),
            )
            for routed in self.routed
        ]


def table_of(prompts: Sequence[Answered], routers: Sequence[Shares]) -> Table:
    """Of what each router did with each prompt."""
    more_right = [prompt.dear - prompt.cheap for prompt in prompts]
    more_spent = [float(prompt.extra_picodollars) for prompt in prompts]
    return Table(
        base=(
            [prompt.cheap for prompt in prompts],
            [prompt.dear for prompt in prompts],
            [float(prompt.cheap_picodollars) for prompt in prompts],
            [float(prompt.dear_picodollars) for prompt in prompts],
        ),
        routed=tuple(
            (
                [share * more for share, more in zip(shares, more_right, strict=True)],
                [share * more for share, more in zip(shares, more_spent, strict=True)],
                shares,
            )
            for shares in routers
        ),
    )


def resampled(tables: Sequence[Table], resamples: int, seed: int) -> list[list[Mixed]]:
    """The bootstrap: as many prompts as there are, drawn with replacement, again and again.

    Each draw takes one of the tables, so that the luck of what was learned from counts as well.
    """
    count = len(tables[0].base[0])
    random_one = random.Random(seed)
    return [
        random_one.choice(tables).mixed(random_one.choices(range(count), k=count))
        for _ in range(resamples)
    ]


def interval(found: Sequence[float]) -> tuple[float, float]:
    """The middle 95 % of what resampling found."""
    ordered = sorted(found)
    outside = (1 - LEVEL) / 2
    last = len(ordered) - 1
    return ordered[round(outside * last)], ordered[round((1 - outside) * last)]


def _total(column: Shares, places: Sequence[int] | None) -> float:
    return sum(column) if places is None else sum(map(column.__getitem__, places))
