"""Agent runs: each has budgets of its own; several go on at once, some come again much later."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from random import Random
from typing import Any

from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.window import WindowKind
from tests.simulation.draft import NOON, Draft, configuration
from tests.simulation.plan import Caller, Operator, Plan
from tests.simulation.variations import HOUR, dated
from tests.simulation.world.latencies import MILLISECOND, MINUTE, SECOND

CAPS: Mapping[Unit, tuple[int, int]] = {
    Unit.USD: (2_000, 12_000),
    Unit.TOKENS: (200, 1_500),
    Unit.REQUESTS: (1, 6),
    Unit.RETRIES: (0, 3),
    Unit.IN_FLIGHT: (1, 3),
    Unit.DEPTH: (0, 2),
    Unit.CHILDREN: (1, 3),
}
"""What a run is capped by, and the limits."""
SIZES: Mapping[str, tuple[int, ...]] = {
    "RUN_WINDOWS_MAX": (1, 2, 4),
    "RUN_OLD_SECONDS": (1, 20),
    "SENT_HOME_MIN": (1, 1, 2),
    "SENT_HOME_MAX": (1, 2, 3),
}
"""So small that windows of runs leave their shards again and again."""
GAPS = (20 * MILLISECOND, 2 * SECOND, 30 * SECOND, 4 * MINUTE)
"""From one step of a run to its next."""
BEGUN_BEFORE_SECONDS = (
    *((0.0, 2.0),) * 30,
    (86_300.0, 86_400.0),
    (86_400.0, 90_000.0),
    (-600, -11),
)
"""How long before its first call a run's id was made: some end on the way, some are to come."""
ITEMS_REST = 35 * MINUTE
"""After the last call; then no window of a run is filled any more, by whoever's clock."""
LATER_SHARE = 0.005
"""Of the calls: they come a day later, and most of their runs have ended."""


def runs(random: Random) -> Plan:
    """Agent runs, most of one application; a limit may be changed while they go on."""
    draft = Draft(random)
    draft.budget("daily", random.randint(10_000, 200_000))
    capped = [*_caps(draft)]
    span = random.choice((SECOND, 20 * SECOND, 3 * MINUTE))
    callers = [
        caller
        for number in range(random.randint(2, 6))
        for caller in _run(draft, number, int(random.random() * span))
    ]
    again = [_again(random, caller) for caller in callers if random.random() < 0.15]
    sizes = {name: random.choice(some) for name, some in SIZES.items()}
    return Plan(
        workload="runs",
        start=NOON,
        config=draft.config(ladder=random.random() < 0.2),
        callers=[*callers, *again],
        operators=[*_operators(random, draft.budgets, capped)],
        sizes=sizes if random.random() < 0.9 else {},
        runs_into=ITEMS_REST,
    )


def _caps(draft: Draft) -> Iterator[Budget]:
    """One or more, of different units; money or steps most often."""
    random = draft.random
    units = {
        random.choice((Unit.USD, Unit.REQUESTS)),
        *random.sample([*CAPS], random.randint(0, 3)),
    }
    for unit in sorted(units):
        limit = random.randint(*CAPS[unit])
        kind = WindowKind.SESSION
        yield draft.budget(f"run-{unit.replace('_', '-')}", limit, unit=unit, window=kind)


def _run(draft: Draft, number: int, begins: int) -> Iterator[Caller]:
    """A planner and those whom it calls, one after the other or at once."""
    random = draft.random
    run = dated(NOON, begins, random, random.choice(BEGUN_BEFORE_SECONDS))
    application = random.choice(("web", "web", "web", "app"))
    at = begins
    for step in range(random.randint(1, 5)):
        at += int(random.random() * random.choice(GAPS))
        is_late = random.random() < LATER_SHARE
        yield draft.caller(
            10 * number + step,
            1,
            at=at + int(random.uniform(23, 25) * HOUR) if is_late else at,
            application=application,
            session=run,
            depth=random.choice((0, 0, 1, 2, 3)),
            branch=random.randrange(4),
            retry=random.choice((0, 0, 0, 1, 2)),
        )


def _again(random: Random, caller: Caller) -> Caller:
    """The same call a second time; now and then it says that it stands elsewhere in the run."""
    later = random.choice((5 * MILLISECOND, SECOND, 30 * SECOND, 10 * MINUTE))
    changes: dict[str, Any] = {"retry": 1 - min(1, caller.retry)} if random.random() < 0.1 else {}
    return replace(
        caller,
        name=f"{caller.name} again",
        at=caller.at + int(random.random() * later),
        content="other" if random.random() < 0.2 else caller.content,
        **changes,
    )


def _operators(random: Random, budgets: list[Budget], capped: list[Budget]) -> Iterator[Operator]:
    """In a quarter of the seeds the caps of runs are raised, lowered, or taken to nothing."""
    for number in range(random.choice((0, 0, 0, 1))):
        cap = random.choice(capped)
        limit = random.choice((0, cap.limit // 2, cap.limit + 1, 2 * cap.limit))
        changed = [replace(one, limit=limit) if one is cap else one for one in budgets]
        at = int(random.random() * 3 * MINUTE)
        yield Operator(name=f"operator {number}", at=at, config=configuration(changed))
