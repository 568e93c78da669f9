"""Agent runs that call so often that their windows leave shards while others are at work there."""

from dataclasses import replace
from random import Random

from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.window import WindowKind
from tests.simulation.draft import NOON, Draft, configuration
from tests.simulation.plan import Plan
from tests.simulation.variations import dated
from tests.simulation.world.latencies import SECOND

LEAVING_AT_ONCE = {
    "PENDING_MAX": 60,
    "RUN_WINDOWS_MAX": 1,
    "RUN_OLD_SECONDS": 0,
    "SENT_HOME_MIN": 1,
    "SENT_HOME_MAX": 8,
}
"""Every settlement sends home what is idle, and all meet at one shard."""
_JUST_NOW = (0.0, 1.0)


def busy_run(random: Random) -> Plan:
    """A few runs of one application call again and again within seconds."""
    draft = Draft(random)
    limit = random.choice((15, 1_000_000))
    return _plan(draft, "busy_run", [_cap(draft, "run-requests", limit)])


def branching_run(random: Random) -> Plan:
    """The same agents call again and again, from several environments; their tree is full."""
    draft = Draft(random)
    cap = draft.budget("run-children", 2, unit=Unit.CHILDREN, window=WindowKind.SESSION)
    plan = _plan(draft, "branching_run", [cap, _cap(draft, "run-requests", 1_000)])
    callers = [
        replace(one, depth=random.choice((1, 2)), branch=random.randrange(3))
        for one in plan.callers
    ]
    return replace(plan, callers=callers)


def _cap(draft: Draft, budget_id: str, limit: int) -> Budget:
    return draft.budget(budget_id, limit, unit=Unit.REQUESTS, window=WindowKind.SESSION)


def _plan(draft: Draft, workload: str, capped: list[Budget]) -> Plan:
    random = draft.random
    names = [dated(NOON, 0, random, _JUST_NOW) for _ in range(random.randint(4, 8))]
    callers = [
        draft.caller(number, 5 * SECOND, application="web", session=random.choice(names))
        for number in range(80)
    ]
    config = configuration([*capped, *_besides(draft)])
    return Plan(
        workload=workload, start=NOON, config=config, callers=callers, sizes=LEAVING_AT_ONCE
    )


def _besides(draft: Draft) -> list[Budget]:
    """Budgets of runs bound nothing: another one must cover a call."""
    return [draft.budget("daily", 1_000_000)]
