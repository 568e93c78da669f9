"""Simulated weeks: who calls, with which rhythm, made of a real trace of arrivals.

The trace holds one hour of one service. Each application here reads it in blocks of 300 calls from
places drawn by chance, at a speed that follows its own day and week: so gaps, bursts and pairs of
lengths are real, and who calls when is made up. Every day of an application has a factor of its
own (log-normal, 10 %), nightly and weekly jobs begin up to ten minutes early or late, and prompts
and answers are longer or shorter by application. Costs are the price book's. All of it is drawn
from one seed.
"""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import NamedTuple

from benchmarks.drill.trace import Calls, Tokens
from cost_sentry.adapters.packaged_price_book import PackagedPriceBook
from cost_sentry.domain.burn_minutes import Minutes
from cost_sentry.domain.meter import Scope
from cost_sentry.domain.price_book import ModelPrice

DAY, WEEK = 1_440, 7 * 1_440
FIRST_MINUTE = 20_640 * DAY
"""Monday, 6 July 2026, 00:00 UTC, in minutes since 1970."""
_SATURDAY = 5
_DAY_SPREAD = 0.10
_JITTER_MINUTES = 10
BOOK = PackagedPriceBook(region="us-east-1")

NOVA_MICRO, NOVA_LITE = "us.amazon.nova-micro-v1:0", "us.amazon.nova-lite-v1:0"
HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
OPUS = "us.anthropic.claude-opus-4-5-20251101-v1:0"

Rhythm = Callable[[int, int, int], float]
"""Of weekday (Monday is 0), minute of the day, and minutes that today's job is late."""


def _bump(minute: int, middle_hour: float, width_hours: float) -> float:
    hours = abs(minute / 60 - middle_hour)
    return math.exp(-((min(hours, 24 - hours) / width_hours) ** 2) / 2)


def office(weekday: int, minute: int, _late: int) -> float:
    """Two bumps on working days, a tenth of that at weekends, hardly anything at night."""
    day = max(_bump(minute, 10.5, 1.7), _bump(minute, 15, 1.9))
    return 0.03 + 0.97 * day * (0.1 if weekday >= _SATURDAY else 1)


def customers(weekday: int, minute: int, _late: int) -> float:
    """An evening peak, livelier at weekends, a fifth at night."""
    day = max(0.8 * _bump(minute, 13, 3), _bump(minute, 19.5, 2.2))
    return 0.2 + (0.95 if weekday >= _SATURDAY else 0.8) * day


def steady(_weekday: int, _minute: int, _late: int) -> float:
    """Round the clock."""
    return 1.0


def nightly(_weekday: int, minute: int, late: int) -> float:
    """A job at two, for eighty minutes."""
    return 1.0 if 120 + late <= minute < 200 + late else 0.0


def weekly(weekday: int, minute: int, late: int) -> float:
    """A job on Mondays at five, for fifty minutes; some calls by hand on working days."""
    if weekday == 0 and 300 + late <= minute < 350 + late:
        return 1.0
    return 0.05 * office(weekday, minute, late)


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One of a team's; ``calls_per_minute`` where its rhythm is 1."""

    team: str
    name: str
    model: str
    calls_per_minute: float
    rhythm: Rhythm
    context_factor: float = 1.0
    """Its prompts beside those of the trace."""
    generated_factor: float = 1.0

    def scopes(self, model: str) -> tuple[Scope, Scope, Scope]:
        """Whatever counts its calls to this model."""
        account = f"{self.team}/{self.name}"
        return ("application", account), ("team", self.team), ("model", model)


APPLICATIONS = (
    Application(team="search", name="web", model=HAIKU, calls_per_minute=60, rhythm=customers),
    Application(
        team="search",
        name="suggestions",
        model=NOVA_LITE,
        calls_per_minute=120,
        rhythm=customers,
        context_factor=0.3,
        generated_factor=0.2,
    ),
    Application(team="support", name="helpdesk", model=SONNET, calls_per_minute=25, rhythm=office),
    Application(
        team="support", name="triage", model=NOVA_MICRO, calls_per_minute=40, rhythm=steady
    ),
    Application(team="research", name="notebooks", model=OPUS, calls_per_minute=6, rhythm=office),
    Application(
        team="research",
        name="evaluation",
        model=SONNET,
        calls_per_minute=45,
        rhythm=nightly,
        context_factor=0.7,
    ),
    Application(
        team="platform",
        name="code-review",
        model=SONNET,
        calls_per_minute=12,
        rhythm=office,
        context_factor=3.0,
    ),
    Application(team="platform", name="logs", model=NOVA_LITE, calls_per_minute=20, rhythm=steady),
    Application(team="finance", name="invoices", model=HAIKU, calls_per_minute=15, rhythm=office),
    Application(team="finance", name="closing", model=SONNET, calls_per_minute=30, rhythm=weekly),
    Application(
        team="marketing",
        name="copy",
        model=SONNET,
        calls_per_minute=5,
        rhythm=office,
        generated_factor=2.0,
    ),
)


@cache
def price_of(model: str) -> ModelPrice:
    """By the price book; every model here has one."""
    price = BOOK.price(model)
    if price is None:
        raise LookupError(f"the price book has no price of {model}")
    return price


@dataclass(slots=True)
class Series:
    """One application's minutes, from ``FIRST_MINUTE`` on."""

    calls: list[int]
    picodollars: list[int]
    context: list[int]
    generated: list[int]

    @classmethod
    def empty(cls, minutes: int) -> "Series":
        """Nothing was called."""
        return cls(*([0] * minutes for _ in range(4)))

    def add(self, minute: int, used: Tokens, model: str) -> None:
        """Calls of a model; none is long enough to meet a context tier of the book."""
        rates = price_of(model).rates
        self.calls[minute] += used.calls
        self.context[minute] += used.context
        self.generated[minute] += used.generated
        self.picodollars[minute] += rates.input * used.context + rates.output * used.generated


@dataclass(slots=True, kw_only=True)
class World:
    """Applications, what they used of which model, and how much traffic was meant."""

    minutes: int
    series: dict[tuple[Application, str], Series]
    traffic: Mapping[Application, Sequence[float]]
    first: int = FIRST_MINUTE
    """In minutes since 1970; a Monday, 00:00 UTC."""

    def series_of(self, application: Application, model: str) -> Series:
        """What the application used of this model; nothing at first."""
        return self.series.setdefault((application, model), Series.empty(self.minutes))

    def scopes(self) -> Mapping[Scope, Minutes]:
        """What each scope used, as the detector is given it."""
        parts: dict[Scope, list[Series]] = {}
        for (application, model), series in self.series.items():
            for scope in application.scopes(model):
                parts.setdefault(scope, []).append(series)
        return {scope: _minutes(found, self.first) for scope, found in parts.items()}


def _minutes(parts: Sequence[Series], first: int) -> Minutes:
    columns = zip(*((p.calls, p.picodollars, p.context, p.generated) for p in parts), strict=True)
    calls, money, context, generated = (
        [sum(amounts) for amounts in zip(*column, strict=True)] for column in columns
    )
    tokens = [sum(pair) for pair in zip(context, generated, strict=True)]
    running = (list(accumulate(column, initial=0)) for column in (calls, money, tokens))
    return Minutes(first, *running)


def scaled(application: Application, used: Tokens) -> Tokens:
    """With prompts and answers as long as this application's."""
    return Tokens(
        used.calls,
        round(used.context * application.context_factor),
        round(used.generated * application.generated_factor),
    )


class Clocks(NamedTuple):
    """How they are set, once."""

    at: int
    """In minutes of the world."""
    ahead: int
    """Minutes; below 0: back."""

    def moved(self, expected: Sequence[float]) -> list[float]:
        """From ``at`` on at another minute of UTC; the last minutes stay where they are."""
        before, last = list(expected[: self.at]), len(expected)
        after = (minute + self.ahead for minute in range(self.at, last))
        return before + [expected[min(minute, last - 1)] for minute in after]


KEPT = Clocks(0, 0)


def traffic_of(application: Application, weeks: int, chance: random.Random) -> list[float]:
    """Calls that are expected, minute by minute."""
    found: list[float] = []
    for day in range(weeks * 7):
        late = chance.randint(-_JITTER_MINUTES, _JITTER_MINUTES)
        rate = application.calls_per_minute * math.exp(chance.gauss(0, _DAY_SPREAD))
        found += [rate * application.rhythm(day % 7, minute, late) for minute in range(DAY)]
    return found


def quiet_world(seed: int, weeks: int, first: int = FIRST_MINUTE, clocks: Clocks = KEPT) -> World:
    """Weeks in which nothing is wrong, from ``first`` on.

    ``clocks`` are set, if they are, for everybody: the same is done at another hour of UTC.
    """
    series: dict[tuple[Application, str], Series] = {}
    traffic: dict[Application, Sequence[float]] = {}
    for application in APPLICATIONS:
        chance = random.Random(f"{seed}/{application.team}/{application.name}")
        calls, expected = Calls(chance), clocks.moved(traffic_of(application, weeks, chance))
        made = Series.empty(len(expected))
        for minute, rate in enumerate(expected):
            if rate:
                used = scaled(application, calls.take(rate))
                if used.calls:
                    made.add(minute, used, application.model)
        series[application, application.model] = made
        traffic[application] = expected
    return World(minutes=weeks * WEEK, series=series, traffic=traffic, first=first)
