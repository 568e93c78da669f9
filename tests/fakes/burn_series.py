"""One scope's minutes, made up: calls by chance around a rhythm, costs and lengths that differ."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache

from cost_sentry.domain.anomaly import Anomaly
from cost_sentry.domain.burn_findings import Look
from cost_sentry.domain.burn_minutes import Minutes, Use
from cost_sentry.domain.burn_rate import judged
from cost_sentry.domain.burn_rules import BurnRules
from cost_sentry.domain.burn_state import BurnState, learned, new_state

DAY, WEEK = 1_440, 7 * 1_440
MONDAY = 20_640 * DAY
"""6 July 2026, 00:00 UTC, in minutes since 1970."""
SCOPE = ("application", "search/web")
PER_CALL = 6 * 10**9
"""Picodollars of a call on average, about."""
RULES = BurnRules()


def steady(_minute: int) -> float:
    """Round the clock."""
    return 1.0


def office(minute: int) -> float:
    """A bump on working days, an eighth of it otherwise."""
    hour, weekday = minute % DAY / 60, minute // DAY % 7
    bump = math.exp(-(((hour - 13) / 2.5) ** 2) / 2) if weekday < 5 else 0
    return 0.125 + bump


@dataclass
class Series:
    """Minutes from ``first`` on, and the detector's state after those that it looked at."""

    seed: int
    calls_per_minute: float = 30
    rhythm: Callable[[int], float] = steady
    pace: int | None = None
    used: dict[int, Use] = field(default_factory=dict)
    end: int = MONDAY
    state: BurnState = field(default_factory=lambda: new_state(MONDAY - 60))
    told: list[Anomaly] = field(default_factory=list)
    goes_on: list[Anomaly] = field(default_factory=list)
    """What was told again, and is no news."""
    first: int = MONDAY
    moved: int = 0
    """Clocks were set ahead by so many minutes: everything is done so much earlier in UTC."""

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def grow(
        self, minutes: int, *, calls: float = 1, cost: float = 1, tokens: float = 1
    ) -> "Series":
        """So many minutes more, so many times as much of everything."""
        for _ in range(minutes):
            mean = self.calls_per_minute * self.rhythm(self.end - self.first + self.moved) * calls
            number = max(round(self.chance.gauss(mean, math.sqrt(mean))), 0)
            each = self.chance.gauss(1, 0.6 / math.sqrt(max(number, 1)))
            length = max(each, 0.05) * number
            self.used[self.end] = Use(
                number, round(PER_CALL * cost * length), round(1_300 * tokens * length)
            )
            self.end += 1
        return self

    def learn(self) -> "Series":
        """Everything so far, without a look."""
        minutes = Minutes.of(self.used, self.end - 2 * DAY, self.end)
        self.state = learned(self.state, minutes, self.end)
        return self

    def watch(self, minutes: int, **changes: float) -> list[Anomaly]:
        """So many minutes more under the detector; what it tells."""
        since, first = len(self.told), self.end - 180
        self.grow(minutes, **changes)
        whole = Minutes.of(self.used, min(first, self.end), self.end)
        for end in range(self.end - minutes + 1, self.end + 1):
            self.state = judged(self.state, SCOPE, self.look(end, whole))
            if self.state.untold:
                told = self.goes_on if self.state.untold.goes_on else self.told
                told.append(self.state.untold)
                self.state = self.state.as_told()
        return self.told[since:]

    def look(self, end: int | None = None, minutes: Minutes | None = None) -> Look:
        """At everything that is there."""
        end = end or self.end
        if minutes is None:
            minutes = Minutes.of(self.used, end - 180, end)
        return Look(minutes, end, RULES, self.pace)


@cache
def _known(
    seed: int, rhythm: Callable[[int], float], calls_per_minute: float, first: int, minutes: int
) -> Series:
    state = new_state(first - 60)
    series = Series(seed, calls_per_minute, rhythm, first=first, end=first, state=state)
    for _ in range(minutes // DAY):
        series.grow(DAY).learn()
    return series.grow(minutes % DAY).learn()


def known(
    seed: int,
    rhythm: Callable[[int], float] = steady,
    calls_per_minute: float = 30,
    first: int = MONDAY,
    minutes: int = 3 * WEEK,
) -> Series:
    """A series of which three weeks are learned; each caller gets one of its own."""
    made = _known(seed, rhythm, calls_per_minute, first, minutes)
    series = replace(made, used=dict(made.used), told=[], goes_on=[])
    series.chance.setstate(made.chance.getstate())
    return series
