"""What people do: callers, operators and budgets of one seed, drawn by its chance.

Amounts are small, so that budgets run out: a call's quote is some hundred to some thousand
picodollars.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC
from random import Random
from zoneinfo import ZoneInfo

from cost_sentry.domain.budget import Unit
from cost_sentry.domain.window import WindowKind
from tests.simulation.draft import EVENING, NOON, Draft, configuration
from tests.simulation.outage_workload import outage
from tests.simulation.plan import Caller, Operator, Plan
from tests.simulation.runs_workload import runs
from tests.simulation.variations import HOUR, varied
from tests.simulation.world import faults
from tests.simulation.world.faults import FaultMix
from tests.simulation.world.latencies import MILLISECOND, MINUTE, SECOND

WITHDRAWN_SHARE = 0.25
"""Of the reconfigurations: models are taken away too."""


def spend(random: Random) -> Plan:
    """Some applications spend from one budget that may or may not suffice."""
    draft = Draft(random)
    draft.budget("daily", random.randint(1_000, 20_000))
    count = random.randint(4, 12)
    callers = [draft.caller(n, 40 * SECOND) for n in range(count)]
    return Plan(
        workload="spend",
        start=NOON,
        config=draft.config(ladder=random.random() < 0.5),
        callers=callers,
    )


def same_id(random: Random) -> Plan:
    """Ids come again: at once, later, much later, with the same content or other."""
    draft = Draft(random)
    draft.budget("daily", random.randint(2_000, 20_000))
    callers: list[Caller] = []
    for number in range(random.randint(2, 4)):
        first = draft.caller(number, 10 * SECOND)
        callers.append(first)
        for again in range(random.randint(1, 3)):
            later = random.choice((5 * MILLISECOND, 500 * MILLISECOND, 30 * SECOND, 4 * MINUTE))
            other = random.random() < 0.3
            callers.append(
                replace(
                    first,
                    name=f"{first.name} again {again}",
                    at=first.at + int(random.random() * later),
                    content="other" if other else "first",
                    output_limit_tokens=first.output_limit_tokens + (7 if other else 0),
                )
            )
    return Plan(workload="same_id", start=NOON, config=draft.config(), callers=callers)


def unknown_outcome(random: Random) -> Plan:
    """Model calls break, stall and time out, billed or not."""
    return replace(spend(random), workload="unknown_outcome", model_faults=True)


def hot_budget(random: Random) -> Plan:
    """Everybody at once, from many accounts, on one budget."""
    draft = Draft(random)
    draft.budget("hot", random.randint(3_000, 15_000))
    count = random.randint(6, 14)
    callers = [
        draft.caller(n, 50 * MILLISECOND, application=f"app{random.randrange(6)}")
        for n in range(count)
    ]
    return Plan(workload="hot_budget", start=NOON, config=draft.config(), callers=callers)


def last_cent(random: Random) -> Plan:
    """A budget for exactly so many of the same call, one more is asked for, all at once."""
    draft = Draft(random)
    pays_for = random.randint(1, 4)
    draft.budget("daily", 1_000 * pays_for)
    span = random.choice((1, 20 * MILLISECOND, 2 * SECOND))
    callers = [
        draft.caller(n, span, input_bound_tokens=50, output_limit_tokens=50)
        for n in range(pays_for + random.randint(1, 4))
    ]
    return Plan(workload="last_cent", start=NOON, config=draft.config(), callers=callers)


def rollover(random: Random) -> Plan:
    """Calls that begin in one window and end in the next."""
    draft = Draft(random)
    for kind in random.sample((WindowKind.DAY, WindowKind.WEEK, WindowKind.MONTH), 2):
        draft.budget(f"by-{kind.value}", random.randint(2_000, 12_000), window=kind)
    callers = [draft.caller(n, 4 * MINUTE) for n in range(random.randint(4, 10))]
    return Plan(
        workload="rollover",
        start=EVENING,
        config=draft.config(),
        callers=callers,
        runs_into=20 * MINUTE,
    )


def reconfiguration(random: Random) -> Plan:
    """Limits are raised, lowered, and lowered below what is spent, by one operator or two.

    Now and then one takes away the models, and then every id comes again.
    """
    aside = Random(str(random.getstate()))
    draft = Draft(random)
    budget = draft.budget("daily", random.randint(3_000, 12_000))
    callers = [draft.caller(n, 20 * SECOND) for n in range(random.randint(4, 10))]
    operators = []
    for number in range(random.randint(1, 3)):
        limit = random.choice((0, 500, budget.limit // 2, budget.limit * 2, budget.limit + 1))
        operators.append(
            Operator(
                name=f"operator {number}",
                at=int(random.random() * 20 * SECOND),
                config=configuration([replace(budget, limit=limit)]),
            )
        )
    plan = Plan(
        workload="reconfiguration",
        start=random.choice((NOON, NOON, EVENING)),
        config=draft.config(),
        callers=callers,
        operators=operators,
    )
    return withdrawn(plan, aside) if aside.random() < WITHDRAWN_SHARE else plan


def withdrawn(plan: Plan, random: Random) -> Plan:
    """The models are taken away after some calls; all of them are asked for again (P5)."""
    at = int(random.random() * 40 * SECOND)
    config = configuration(plan.config.budgets, has_models=False)
    operator = Operator(name="operator of models", at=at, config=config)
    again = [
        replace(one, name=f"{one.name} again", at=at + int(random.uniform(1, 30) * SECOND))
        for one in plan.callers
    ]
    operators = [*plan.operators, operator]
    return replace(plan, operators=operators, callers=[*plan.callers, *again])


def many_budgets(random: Random) -> Plan:
    """Every call is held by several budgets, of several units, all or none."""
    draft = Draft(random)
    draft.budget("organisation", random.randint(3_000, 20_000), scope={}, window=WindowKind.NONE)
    draft.budget("team", random.randint(3_000, 20_000))
    draft.budget("tokens", random.randint(200, 2_000), unit=Unit.TOKENS)
    draft.budget("web", random.randint(1_000, 8_000), scope={"application": "web"})
    callers = [draft.caller(n, 20 * SECOND) for n in range(random.randint(4, 9))]
    config = draft.config(ladder=random.random() < 0.5)
    return Plan(workload="many_budgets", start=NOON, config=config, callers=callers)


LIMITS: Mapping[Unit, tuple[int, int]] = {
    Unit.USD: (3_000, 20_000),
    Unit.TOKENS: (200, 2_000),
    Unit.INPUT_TOKENS: (100, 800),
    Unit.OUTPUT_TOKENS: (100, 800),
    Unit.REQUESTS: (2, 8),
    Unit.IN_FLIGHT: (1, 4),
}
WINDOWS = tuple(kind for kind in WindowKind if kind is not WindowKind.SESSION)
"""Agent runs have a window each, and calls of their own."""
ZONES = (UTC, ZoneInfo("America/New_York"), ZoneInfo("Asia/Tokyo"), ZoneInfo("Asia/Kathmandu"))


def units_and_windows(random: Random) -> Plan:
    """Budgets of every unit and window, in time zones of their own."""
    draft = Draft(random)
    for number, unit in enumerate(random.sample([*LIMITS], random.randint(1, 4))):
        window = random.choice(WINDOWS)
        draft.budget(
            f"{unit.value}-{number}".replace("_", "-"),
            random.randint(*LIMITS[unit]),
            unit=unit,
            window=window,
            time_zone=random.choice(ZONES),
        )
    callers = [draft.caller(n, 3 * MINUTE) for n in range(random.randint(4, 10))]
    start = random.choice((NOON, EVENING))
    config = draft.config(ladder=random.random() < 0.3)
    return Plan(workload="units_and_windows", start=start, config=config, callers=callers)


def overrun(random: Random) -> Plan:
    """Calls that cost more than their bound, which no bound of ours should allow."""
    return replace(spend(random), workload="overrun", overrun=0.4)


def rest(random: Random) -> Plan:
    """Busy, then hours of rest in which shards are merged and accounts are at rest, then busy
    again, with old ids too.
    """
    draft = Draft(random)
    draft.budget("daily", random.randint(3_000, 20_000))
    draft.budget("ever", random.randint(8_000, 40_000), window=WindowKind.NONE)
    callers: list[Caller] = []
    at = 0
    for _ in range(random.randint(2, 3)):
        first = len(callers)
        for number in range(random.randint(3, 7)):
            caller = draft.caller(first + number, 2 * SECOND, application="web")
            is_old = callers and random.random() < 0.3
            older = random.choice(callers).request_id if is_old else caller.request_id
            callers.append(replace(caller, at=at + caller.at, request_id=older))
        at += int(random.uniform(0.3, 1.2) * HOUR)
    sizes = {"PENDING_MAX": 1, "DIRECT_PLACES_MAX": random.choice((2, 48)), "POOLS": 2}
    plan = Plan(workload="rest", start=NOON, config=draft.config(), callers=callers, sizes=sizes)
    plan = replace(plan, runs_into=int(random.uniform(0, 0.5) * HOUR))
    rests = {"REST_AFTER_SECONDS": random.choice((1, 600, 3_600))}
    return replace(plan, sizes={**sizes, **rests})


WORKLOADS: tuple[Callable[[Random], Plan], ...] = (
    spend,
    same_id,
    unknown_outcome,
    hot_budget,
    last_cent,
    rollover,
    reconfiguration,
    many_budgets,
    overrun,
    rest,
    units_and_windows,
)


OUTAGE_EVERY, OUTAGE_AT = 12, 5
"""Which seeds are about an outage; all others are what they were before there was this workload."""


RUNS_EVERY, RUNS_AT = 13, 11
"""Likewise, about agent runs."""


def workload_of(seed: int) -> Callable[[Random], Plan]:
    """The workload of a seed: an outage or agent runs now and then, else they take turns."""
    if seed % OUTAGE_EVERY == OUTAGE_AT:
        return outage
    if seed % RUNS_EVERY == RUNS_AT:
        return runs
    return WORKLOADS[seed % len(WORKLOADS)]


def plan_of(seed: int) -> Plan:
    """The plan of a seed."""
    workload = workload_of(seed)
    return varied(workload(Random(f"plan {seed}")), Random(f"variations {seed}"))


OUTAGE_ONLY_SHARE = 0.25
"""Of outages, in which nothing else goes wrong: then whoever can be helped must be."""


def mix_of(seed: int, plan: Plan) -> FaultMix:
    """The seed's faults; the model's own always where the workload is about them."""
    random = Random(f"faults {seed}")
    mix = faults.draw(random)
    if plan.outages and random.random() < OUTAGE_ONLY_SHARE:
        return faults.NONE
    if plan.model_faults:
        return replace(mix, model_fault=0.5 + random.random() / 2, no_usage=0.2)
    return mix
