"""Workloads that bring out what the general ones seldom do: full shards, old ids, many places."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from cost_sentry.application.config_document import with_version
from cost_sentry.domain.budget import UNREACHED, Budget, Unit
from cost_sentry.domain.reservation import EXPIRY_EVERY_MINUTES
from cost_sentry.domain.window import WindowKind
from tests.simulation.draft import NOON, configuration
from tests.simulation.plan import TEAM, Caller, Operator, Plan
from tests.simulation.workloads import reconfiguration, rollover, spend, withdrawn
from tests.simulation.world.latencies import MILLISECOND, MINUTE, SECOND

SET_UP = timedelta(minutes=2)
"""Between a plan's start and its callers'."""


def full_shards(random: Random) -> Plan:
    """One application makes more calls at once than a shard holds; their ids come again."""
    span = random.choice((50 * MILLISECOND, 2 * SECOND))
    first = [_caller(random, n, int(random.random() * span)) for n in range(random.randint(8, 14))]
    later = (20 * MILLISECOND, SECOND, 30 * SECOND, 8 * MINUTE)
    callers = [*first, *(_again(random, one, later) for one in first)]
    return _plan("full_shards", 1_000_000, callers)


def old_ids(random: Random) -> Plan:
    """One application calls for minutes, so that its shard forgets; then old ids come again."""
    first = [
        _caller(random, n, (4 + 8 * n) * SECOND, request_id=_version_7(random, (4 + 8 * n)))
        for n in range(34)
    ]
    again = [
        replace(one, name=f"{one.name} again", at=300 * SECOND + int(random.random() * MINUTE))
        for one in random.sample(first[:16], 12)
    ]
    return _plan("old_ids", 1_000_000, [*first, *again])


def short_holds(random: Random) -> Plan:
    """Reservations expire while their calls still run, just before the sweep comes."""
    plan = spend(random)
    sweep = EXPIRY_EVERY_MINUTES * MINUTE
    callers = [replace(one, at=sweep - int(random.random() * 20 * SECOND)) for one in plan.callers]
    config = with_version(replace(plan.config, hold_seconds=1))
    return replace(plan, workload="short_holds", config=config, callers=callers)


def steady(random: Random) -> Plan:
    """One application calls every few seconds, each id twice, so that one shard sees it all."""
    first = [_caller(random, n, 3 * n * SECOND) for n in range(20)]
    callers = [*first, *(_again(random, one, (SECOND, 4 * SECOND)) for one in first)]
    return _plan("steady", 1_000_000, callers)


def scarce(random: Random) -> Plan:
    """Two applications share what pays for some calls at a time, and take it from each other."""
    callers = [
        _caller(random, n, int(random.random() * 20 * SECOND), application=random.choice("ab"))
        for n in range(30)
    ]
    equal = {"input_bound_tokens": 50, "output_limit_tokens": 50}
    return _plan("scarce", 12_000, [replace(one, **equal) for one in callers])


def next_minute(random: Random) -> Plan:
    """A minute begins, of which a shard has nothing; of the day it has what calls gave back."""
    first = [_caller(random, n, int(random.random() * 20 * SECOND)) for n in range(8)]
    moment = random.choice((1, 20, 200)) * MILLISECOND
    burst = [_caller(random, 8 + n, MINUTE + int(random.random() * moment)) for n in range(12)]
    equal = {"input_bound_tokens": 50, "output_limit_tokens": random.choice((50, 70))}
    plan = _plan("next_minute", random.randint(6_000, 14_000), [*first, *burst])
    [day] = plan.config.budgets
    minute = replace(day, id="minute", window=WindowKind.MINUTE, limit=1_000_000)
    return replace(
        plan,
        config=configuration([day, minute]),
        callers=[replace(one, **equal) for one in plan.callers],
    )


def second_burst(random: Random) -> Plan:
    """Shards split, come to rest and are merged, while now and then a call comes, and again."""
    callers = [_caller(random, n, int(random.random() * SECOND)) for n in range(10)]
    sweep = EXPIRY_EVERY_MINUTES * MINUTE
    for number in range(4, 9):
        for _ in range(3):
            one = _caller(random, len(callers), number * sweep - int(random.random() * 2 * SECOND))
            again = number * sweep + int(random.random() * 4 * SECOND)
            callers += [one, replace(one, name=f"{one.name} again", at=again)]
    return _plan("second_burst", 1_000_000, callers)


def coming_back(random: Random) -> Plan:
    """Accounts that come to rest, and calls at the very moment when they do."""
    rests = 4 * EXPIRY_EVERY_MINUTES * MINUTE
    callers = []
    for number in range(8):
        again = rests + int(random.uniform(19, 24) * SECOND)
        for at in (0, again):
            application = f"app-{number}"
            callers.append(_caller(random, len(callers), at, application=application))
    plan = _plan("coming_back", 1_000_000, callers)
    return replace(plan, sizes={"REST_AFTER_SECONDS": 1}, runs_into=30 * MINUTE)


def withdrawn_models(random: Random) -> Plan:
    """Ids come again when the configuration has no model for them any more."""
    return replace(withdrawn(reconfiguration(random), random), workload="withdrawn_models")


def long_rollover(random: Random) -> Plan:
    """Until the windows that ended have ended everywhere."""
    return replace(rollover(random), workload="long_rollover", runs_into=14 * 60 * MINUTE)


def limit_race(random: Random) -> Plan:
    """A limit changes at the very moment when its window is opened."""
    plan = reconfiguration(random)
    moments = 30 * MILLISECOND
    return replace(
        plan,
        workload="limit_race",
        callers=[replace(one, at=int(random.random() * moments)) for one in plan.callers],
        operators=[replace(one, at=int(random.random() * moments)) for one in plan.operators],
    )


def crowd(random: Random) -> Plan:
    """More accounts than a window serves itself, on a budget that does not suffice for all."""
    callers = [
        _caller(random, n, int(random.random() * 20 * SECOND), application=f"app{n % 64}")
        for n in range(80)
    ]
    return _plan("crowd", random.randint(30_000, 80_000), callers)


def small_crowd(random: Random) -> Plan:
    """Accounts that come one after the other behind two pools, with money for all of them."""
    callers = [
        _caller(random, n, n * SECOND, application=f"app{n}") for n in range(random.randint(60, 90))
    ]
    plan = _plan("small_crowd", 1_600_000, callers)
    return replace(plan, sizes={"DIRECT_PLACES_MAX": 2, "POOLS": 2})


def enforced(random: Random) -> Plan:
    """A crowd's budget is in shadow mode; somebody lets it refuse, lower or far above its use."""
    callers = [
        _caller(random, n, int(random.random() * 40 * SECOND), application=f"app{n % 12}")
        for n in range(70)
    ]
    plan = _plan("enforced", random.choice((4_000, 20_000, 60_000)), callers)
    [daily] = plan.config.budgets
    most = replace(daily, limit=random.choice((daily.limit * 10, UNREACHED)))
    at = int(random.uniform(10, 30) * SECOND)
    return replace(
        plan,
        config=configuration([most]),
        operators=[Operator(name="operator", at=at, config=plan.config)],
        sizes={"DIRECT_PLACES_MAX": random.choice((1, 2)), "POOLS": random.choice((1, 2, 3))},
    )


def overruns(random: Random) -> Plan:
    """More accounts than places; some calls cost more than their bound, and the budget runs out."""
    callers = [
        _caller(random, n, int(random.random() * 20 * SECOND), application=f"app{n % 12}")
        for n in range(60)
    ]
    plan = _plan("overruns", random.choice((20_000, 60_000)), callers)
    return replace(plan, sizes={"DIRECT_PLACES_MAX": 2, "POOLS": 2}, overrun=0.4)


def last_money(random: Random) -> Plan:
    """More accounts than places, all at once at the end of a budget that counts as large."""
    callers = [
        _caller(random, n, int(random.random() * 8 * SECOND), application=f"app{n % 9}")
        for n in range(90)
    ]
    equal = {"input_bound_tokens": 50, "output_limit_tokens": 50}
    plan = _plan("last_money", 60_000, [replace(one, **equal) for one in callers])
    share = random.choice((20, 60))
    nearly = {"NEARLY_SPENT_SHARE": share, "NEARLY_SPENT_CALLS_MIN": 1}
    return replace(plan, sizes={"DIRECT_PLACES_MAX": 3, "POOLS": 3, "PENDING_MAX": 2, **nearly})


def future_ids(random: Random) -> Plan:
    """Ids that say that they will be made in some minutes."""
    callers = [
        _caller(random, n, n * SECOND, request_id=_version_7(random, n + random.randint(15, 600)))
        for n in range(4)
    ]
    return _plan("future_ids", 1_000_000, callers)


def _caller(random: Random, number: int, at: int, **changes: str) -> Caller:
    bounds = {
        "input_bound_tokens": random.randint(1, 100),
        "output_limit_tokens": random.randint(1, 100),
    }
    made = Caller(name=f"caller {number}", at=at, request_id=f"r{number}", **bounds)
    return replace(made, **changes)


def _again(random: Random, first: Caller, later: tuple[int, ...]) -> Caller:
    after = int(random.random() * random.choice(later))
    return replace(first, name=f"{first.name} again", at=first.at + after)


def _version_7(random: Random, seconds: int) -> str:
    """A request id made at that second of the callers' time by a clock that is right."""
    start = datetime.fromisoformat(NOON).replace(tzinfo=UTC) + SET_UP
    made = int((start + timedelta(seconds=seconds)).timestamp()) * 1000
    tail = f"{random.getrandbits(76):019x}"
    return f"{made >> 16:08x}-{made & 0xFFFF:04x}-7{tail[:3]}-8{tail[3:6]}-{tail[6:18]}"


def _plan(name: str, limit: int, callers: list[Caller]) -> Plan:
    budget = Budget(
        id="daily",
        scope={"team": TEAM},
        unit=Unit.USD,
        window=WindowKind.DAY,
        limit=limit,
        owners=("daily@example.com",),
    )
    return Plan(workload=name, start=NOON, config=configuration([budget]), callers=callers)
