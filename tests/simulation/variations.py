"""What any workload may meet besides: ids of every kind, small shards, late settlements."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

from cost_sentry.application.config_document import with_version
from tests.simulation.plan import Caller, Plan
from tests.simulation.world.latencies import MILLISECOND, MINUTE, SECOND

SET_UP = 2 * MINUTE
"""Before the first caller, for the installer."""
HOUR = 60 * MINUTE
SIZES: Mapping[str, tuple[int, ...]] = {
    "PENDING_MAX": (1, 1, 2),
    "DIRECT_PLACES_MAX": (1, 2, 3),
    "POOLS": (1, 2, 3),
}
"""Small numbers in place of the real ones, so that few calls split shards and crowd windows."""
NEARLY_SPENT_SHARES = (2, 4, 10)
"""In place of the real one, so that few calls meet the last money of a window; see ADR 0010."""
MADE_BEFORE_SECONDS = (
    *((0.0, 0.5),) * 8,
    *((8.0, 12.0),) * 2,
    (-9.0, 0.0),
    (12.0, 600.0),
    (3_600.0, 90_000.0),
    (-12.0, -9.0),
    (-600.0, -11.0),
)
"""How long before it is used a version 7 UUID was made; negative: in the future."""
LONG_SHARE = 0.02
"""Of late settlements: some come when the record of an expired call is gone; a day takes long."""
RETRIED_AFTER_SECONDS = ((0.0, 0.1), (0.5, 15.0), (20.0, 120.0), (300.0, 1_200.0))


def varied(plan: Plan, random: Random) -> Plan:
    """The plan with each of the variations, or without."""
    if random.random() < 0.25:
        plan = _with_retries(plan, random)
    if random.random() < 0.7:
        plan = _with_dated_ids(plan, random)
    if random.random() < 0.5:
        small = {n: random.choice(s) for n, s in SIZES.items()}
        small["EXPIRED_MAX"] = small["PENDING_MAX"]  # Not drawn: seeds stay what they were.
        plan = replace(plan, sizes={**plan.sizes, **small})
    if random.random() < 0.2:
        plan = _with_short_holds(plan, random.randint(20, 120))
    if random.random() < 0.3:
        longest = random.choice((MINUTE, 20 * MINUTE, 20 * MINUTE, HOUR))
        longest = 26 * HOUR if random.random() < LONG_SHARE else longest
        plan = replace(plan, settles_late=random.random(), late_max=longest)
    if plan.sizes and not plan.has_store and random.random() < 0.5:
        nearly = {"NEARLY_SPENT_SHARE": random.choice(NEARLY_SPENT_SHARES)}
        plan = replace(plan, sizes={**plan.sizes, **nearly, "NEARLY_SPENT_CALLS_MIN": 1})
    return plan


def _with_retries(plan: Plan, random: Random) -> Plan:
    """Some callers ask again with the same id, some of these with other content."""
    again = [_again(caller, random) for caller in plan.callers if random.random() < 0.4]
    return replace(plan, callers=(*plan.callers, *again))


def _again(caller: Caller, random: Random) -> Caller:
    low, high = random.choice(RETRIED_AFTER_SECONDS)
    later = caller.at + int(random.uniform(low, high) * SECOND)
    content = "other" if random.random() < 0.2 else caller.content
    return replace(caller, name=f"{caller.name} retried", at=later, content=content)


def _with_dated_ids(plan: Plan, random: Random) -> Plan:
    """Most ids are version 7 UUIDs, made when they are first used, or at another time."""
    first_at: dict[str, int] = {}
    for caller in plan.callers:
        first_at[caller.request_id] = min(caller.at, first_at.get(caller.request_id, caller.at))
    ids = {
        request_id: dated(plan.start, at, random) if random.random() < 0.9 else request_id
        for request_id, at in first_at.items()
    }
    callers = [replace(caller, request_id=ids[caller.request_id]) for caller in plan.callers]
    return replace(plan, callers=callers)


def dated(start: str, at: int, random: Random, before: tuple[float, float] | None = None) -> str:
    """A version 7 UUID, made so many seconds before it is used; by chance if nobody says."""
    low, high = before or random.choice(MADE_BEFORE_SECONDS)
    began = datetime.fromisoformat(start).replace(tzinfo=UTC).timestamp()
    used_ms = int(began * 1_000) + (SET_UP + at) // MILLISECOND
    made_ms = used_ms - int(random.uniform(low, high) * 1_000)
    digits = f"{made_ms:012x}7{random.getrandbits(12):03x}{8 + random.getrandbits(2):x}"
    digits += f"{random.getrandbits(60):015x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _with_short_holds(plan: Plan, seconds: int) -> Plan:
    """Calls that take longer than they are held for expire, and are settled afterwards."""
    held = replace(plan.config, hold_seconds=seconds)
    operators = [
        replace(o, config=with_version(replace(o.config, hold_seconds=seconds)))
        for o in plan.operators
    ]
    return replace(plan, config=with_version(held), operators=operators)


def names_of(plan: Plan) -> Iterator[str]:
    """What of these a plan has, to count it."""
    if plan.sizes:
        yield "small shards and pools"
    if plan.settles_late:
        yield "late settlements"
    if any(len(caller.request_id) == 36 for caller in plan.callers):
        yield "dated ids"
