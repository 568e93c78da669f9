"""What goes wrong in a simulated week: twenty anomalies of five kinds, at several sizes.

The week has twenty slots of 8.4 hours, so nights and weekends have their share, and each slot has
one anomaly in an application that is awake then. It goes on whatever the detector says.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from benchmarks.drill.trace import Calls, Tokens, trace
from benchmarks.drill.weeks import (
    HAIKU,
    NOVA_LITE,
    NOVA_MICRO,
    OPUS,
    SONNET,
    WEEK,
    Application,
    World,
    price_of,
    scaled,
)
from cost_sentry.domain.meter import Scope
from cost_sentry.domain.price_book import cost_picodollars
from cost_sentry.domain.usage import TokenUsage

PLANTED = 20
AWAKE_CALLS_PER_MINUTE = 2.0
"""What is planted where fewer are made costs cents, and is told of late or never."""
STORM_MINUTES, CREEP_AFTER_MINUTES = 60, 60
ABOVE = 3.0
_FIRST_MINUTES = 5
_SLOT_SHARE_OF_STARTS = 0.3
_AGENT_FIRST_TOKENS, _AGENT_STEP_TOKENS, _AGENT_TOKENS_MAX = 3_000, 1_200, 120_000
_AGENT_ANSWER_TOKENS = 400
_AGENT_SECONDS = (4.0, 9.0)


class Kind(StrEnum):
    """Of anomalies."""

    STORM = "retry storm"
    PROMPT = "longer prompts"
    MODEL = "wrong model"
    AGENT = "runaway agent"
    CREEP = "slow creep"


class Size(StrEnum):
    """Of anomalies; what it means depends on the kind."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


STORM_FACTOR = {Size.SMALL: 4, Size.MEDIUM: 8, Size.LARGE: 16}
"""Times as many calls; the model has answered half of those that are repeated, and is paid."""
PROMPT_FACTOR = {Size.SMALL: 3, Size.MEDIUM: 4, Size.LARGE: 6}
AGENT_LOOPS = {Size.SMALL: 2, Size.MEDIUM: 6, Size.LARGE: 20}
"""Side by side; each calls every 4 to 9 seconds and sends all that was said so far."""
CREEP = {Size.SMALL: (3, 240), Size.MEDIUM: (4, 180), Size.LARGE: (6, 120)}
"""Grows evenly to so many times as many calls, within so many minutes."""
DEARER = {
    NOVA_MICRO: (NOVA_LITE, HAIKU, SONNET),
    NOVA_LITE: (HAIKU, SONNET, OPUS),
    HAIKU: (SONNET, OPUS, OPUS),
    SONNET: (OPUS, OPUS, OPUS),
    OPUS: (),
}
"""Which model is called by mistake, by size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """One anomaly."""

    kind: Kind
    size: Size
    application: Application
    begins: float
    """The first call, in minutes of the world."""
    ends: int
    extra_picodollars: Sequence[int]
    """What it costs beyond what would have been spent, minute by minute from ``begins``."""
    factor: float
    """Money or calls of its first five minutes beside what is usual then; the higher one."""

    scopes: frozenset[Scope]
    """In which it shows."""

    @property
    def is_large(self) -> bool:
        """Whether it is above three times normal from the start."""
        return self.factor > ABOVE

    def spent(self, until: float) -> int:
        """Picodollars beyond normal up to a minute of the world."""
        whole = int(until) - int(self.begins)
        part = self.extra_picodollars[whole] if whole < len(self.extra_picodollars) else 0
        return sum(self.extra_picodollars[:whole]) + int(part * (until - int(until)))


class _Ground:
    """Where one anomaly is planted: the application's own series, and those of other models."""

    def __init__(self, world: World, application: Application, chance: random.Random) -> None:
        self.world, self.application, self.chance = world, application, chance
        self.own = world.series[application, application.model]
        self.extra: dict[int, int] = {}
        self.models = {application.model}

    def add(self, minute: int, used: Tokens, model: str, picodollars: int) -> None:
        """Calls beside the usual ones."""
        self.models.add(model)
        series = self.world.series_of(self.application, model)
        series.calls[minute] += used.calls
        series.context[minute] += used.context
        series.generated[minute] += used.generated
        series.picodollars[minute] += picodollars
        self.extra[minute] = self.extra.get(minute, 0) + picodollars

    def cost(self, model: str, context: int, generated: int) -> int:
        """Of calls that meet no context tier."""
        rates = price_of(model).rates
        return rates.input * context + rates.output * generated


def _storm(ground: _Ground, begins: float, size: Size) -> int:
    ends = int(begins) + STORM_MINUTES
    _more(ground, begins, ends, lambda _: STORM_FACTOR[size] - 1, paid_share=0.5)
    return ends


def _creep(ground: _Ground, begins: float, size: Size) -> int:
    factor, minutes = CREEP[size]
    ends = int(begins) + minutes + CREEP_AFTER_MINUTES
    _more(ground, begins, ends, lambda at: min(at / minutes, 1) * (factor - 1), paid_share=1)
    return ends


def _more(
    ground: _Ground,
    begins: float,
    ends: int,
    more: Callable[[float], float],
    paid_share: float,
) -> None:
    """So many times the usual calls more, of minutes since it began."""
    application, calls = ground.application, Calls(ground.chance)
    for minute in range(int(begins), ends):
        share = min(minute + 1 - begins, 1)
        traffic = ground.world.traffic[application][minute] * more(minute + 1 - begins) * share
        used = scaled(application, calls.take(traffic)) if traffic else Tokens(0, 0, 0)
        paid = used._replace(
            context=round(used.context * paid_share), generated=round(used.generated * paid_share)
        )
        cost = ground.cost(application.model, paid.context, paid.generated)
        ground.add(minute, paid, application.model, cost)


def _prompt(ground: _Ground, begins: float, size: Size) -> int:
    ends = int(begins) + STORM_MINUTES
    for minute in range(int(begins), ends):
        share = min(minute + 1 - begins, 1)
        context = round(ground.own.context[minute] * (PROMPT_FACTOR[size] - 1) * share)
        model = ground.application.model
        ground.add(minute, Tokens(0, context, 0), model, ground.cost(model, context, 0))
    return ends


def _model(ground: _Ground, begins: float, size: Size) -> int:
    ends, own = int(begins) + STORM_MINUTES, ground.own
    usual = ground.application.model
    wrong = DEARER[usual][[*Size].index(size)]
    for minute in range(int(begins), ends):
        share = min(minute + 1 - begins, 1)
        moved = Tokens(
            round(own.calls[minute] * share),
            round(own.context[minute] * share),
            round(own.generated[minute] * share),
        )
        spared = ground.cost(usual, moved.context, moved.generated)
        back = Tokens(*(-amount for amount in moved))
        ground.add(minute, back, usual, -spared)
        ground.add(minute, moved, wrong, ground.cost(wrong, moved.context, moved.generated))
    return ends


def _agent(ground: _Ground, begins: float, size: Size) -> int:
    ends = int(begins) + STORM_MINUTES
    model = ground.application.model
    for _ in range(AGENT_LOOPS[size]):
        at, context = begins, _AGENT_FIRST_TOKENS
        while at < ends:
            usage = TokenUsage(input_tokens=context, output_tokens=_AGENT_ANSWER_TOKENS)
            cost = cost_picodollars(price_of(model), usage)
            ground.add(int(at), Tokens(1, context, _AGENT_ANSWER_TOKENS), model, cost)
            context = min(context + _AGENT_STEP_TOKENS, _AGENT_TOKENS_MAX)
            at += ground.chance.uniform(*_AGENT_SECONDS) / 60
    return ends


_PLANTING = {
    Kind.STORM: _storm,
    Kind.PROMPT: _prompt,
    Kind.MODEL: _model,
    Kind.AGENT: _agent,
    Kind.CREEP: _creep,
}


def plant(world: World, week: int, seed: int) -> list[Plant]:
    """Twenty anomalies in this week of the world, which is changed.

    Args:
        world: quiet so far.
        week: counted from 0.
        seed: of places, times and sizes.
    """
    chance = random.Random(f"plants/{seed}")
    kinds = [kind for kind in Kind for _ in range(PLANTED // len(Kind))]
    sizes = [*Size, chance.choice([*Size])] * len(Kind)
    drawn = list(zip(kinds, sizes, strict=True))
    chance.shuffle(drawn)
    slot = WEEK / PLANTED
    found = []
    for number, (kind, size) in enumerate(drawn):
        begins = week * WEEK + number * slot + chance.uniform(0, slot * _SLOT_SHARE_OF_STARTS)
        application = chance.choice(_awake(world, begins, kind))
        ground = _Ground(world, application, chance)
        found.append(_planted(ground, begins, kind, size))
    return found


def _awake(world: World, begins: float, kind: Kind) -> list[Application]:
    lasts = 30
    found = []
    for application, traffic in world.traffic.items():
        if kind is Kind.MODEL and not DEARER[application.model]:
            continue
        least = min(traffic[int(begins) : int(begins) + lasts])
        if least >= AWAKE_CALLS_PER_MINUTE:
            found.append(application)
    return found


def _planted(ground: _Ground, begins: float, kind: Kind, size: Size) -> Plant:
    first, world, application = int(begins), ground.world, ground.application
    traffic = sum(world.traffic[application][first : first + _FIRST_MINUTES])
    calls = sum(ground.own.calls[first : first + _FIRST_MINUTES])
    ends = _PLANTING[kind](ground, begins, size)
    extra = [ground.extra.get(minute, 0) for minute in range(first, ends)]
    more = sum(ground.own.calls[first : first + _FIRST_MINUTES]) - calls
    share = (first + _FIRST_MINUTES - begins) / _FIRST_MINUTES
    money = traffic * _cost_per_call(application)
    return Plant(
        kind=kind,
        size=size,
        application=application,
        begins=begins,
        ends=ends,
        scopes=frozenset(scope for model in ground.models for scope in application.scopes(model)),
        extra_picodollars=extra,
        factor=1 + max(sum(extra[:_FIRST_MINUTES]) / money, more / traffic) / share,
    )


def _cost_per_call(application: Application) -> float:
    """On average over the trace."""
    whole, rates = trace(), price_of(application.model).rates
    context = rates.input * whole.context[-1] * application.context_factor
    generated = rates.output * whole.generated[-1] * application.generated_factor
    return (context + generated) / (len(whole.arrivals) - 1)
