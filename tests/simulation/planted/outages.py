"""Outages that bring out what the general workload seldom does: races, changes, midnights."""

from dataclasses import replace
from random import Random

from cost_sentry.application.config_document import with_version
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.emergency import EmergencyAllowance
from cost_sentry.domain.reservation import EXPIRY_EVERY_MINUTES
from tests.simulation.draft import EVENING, NOON, Draft, configuration
from tests.simulation.outage_workload import SWEPT_AFTER
from tests.simulation.plan import DEAR, TEAM, Caller, Operator, Plan
from tests.simulation.world import outages
from tests.simulation.world.latencies import MILLISECOND, MINUTE, SECOND
from tests.simulation.world.outages import Outage

SWEEP = EXPIRY_EVERY_MINUTES * MINUTE
LATE = "2026-11-30T23:51:30"
"""The sweep comes once before midnight."""
KEPT_FOR = 24 * 60 * MINUTE
"""From midnight until slots expire that were never offered."""
ALLOWANCE = EmergencyAllowance(
    id="calls",
    scope={"team": TEAM},
    model_id=DEAR,
    calls_per_day=4,
    input_tokens_max=100,
    output_tokens_max=100,
)


def silent(random: Random) -> Plan:
    """More callers than slots, at once or nearly so; two of them come with ids used before."""
    draft = Draft(random)
    span = random.choice((30 * MILLISECOND, 2 * SECOND, MINUTE))
    first = [draft.caller(n, span) for n in range(6)]
    again = [replace(one, name=f"{one.name} again", at=one.at + SECOND) for one in first[:2]]
    callers = [replace(one, at=one.at + 10 * SECOND) for one in (*first, *again)]
    return _plan(draft, callers, [_outage(5 * SECOND, 4 * MINUTE)])


def long_prompts(random: Random) -> Plan:
    """Some prompts are longer than the slots are for."""
    plan, bound = silent(random), replace(ALLOWANCE, input_tokens_max=50)
    return replace(plan, config=configuration(plan.config.budgets, allowances=[bound]))


def narrow_budgets(random: Random) -> Plan:
    """One application has a budget of its own, which no slot holds."""
    plan = silent(random)
    draft = Draft(random)
    web = draft.budget("web", 1_000_000, scope={"application": "web"})
    budgets: list[Budget] = [*plan.config.budgets, web]
    return replace(plan, config=configuration(budgets, allowances=[ALLOWANCE]))


def settled_twice(random: Random) -> Plan:
    """Calls that begin in an outage end after it; some are settled again in the next one."""
    draft = Draft(random)
    callers = [draft.caller(n, 0, at=6 * SECOND) for n in range(4)]
    spans = [
        _outage(5 * SECOND, 11 * SECOND),
        _outage(SWEEP + 10 * SECOND, SWEEP + 12 * MINUTE),
    ]
    plan = _plan(draft, callers, spans)
    config = with_version(replace(plan.config, hold_seconds=60))
    return replace(plan, config=config, settles_late=1.0, late_max=20 * MINUTE)


def one_too_dear(random: Random) -> Plan:
    """The first allowance is more than its budget can pay for, the second is not."""
    plan = silent(random)
    dear = replace(ALLOWANCE, id="all", input_tokens_max=1_000_000)
    config = configuration(plan.config.budgets, allowances=[dear, ALLOWANCE])
    return replace(plan, config=config)


def changed_between(random: Random) -> Plan:
    """All slots are used; the allowance is changed, swept, and there is another outage."""
    draft = Draft(random)
    first = [draft.caller(n, 20 * SECOND) for n in range(4)]
    later = [draft.caller(n, 20 * SECOND) for n in range(4, 8)]
    callers = [
        *(replace(one, at=one.at + 10 * SECOND) for one in first),
        *(replace(one, at=one.at + SWEEP + 30 * SECOND) for one in later),
    ]
    spans = [
        _outage(5 * SECOND, 2 * MINUTE),
        _outage(SWEEP + 20 * SECOND, SWEEP + 2 * MINUTE),
    ]
    plan = _plan(draft, callers, spans)
    wider = replace(ALLOWANCE, output_tokens_max=random.randint(101, 120))
    config = configuration(plan.config.budgets, allowances=[wider])
    return replace(plan, operators=[Operator(name="operator", at=3 * MINUTE, config=config)])


def midnight(random: Random) -> Plan:
    """An outage before midnight, and sweeps after it."""
    draft = Draft(random)
    callers = [draft.caller(n, 0, at=10 * SECOND + n * SECOND) for n in range(2)]
    return replace(_plan(draft, callers, [_outage(5 * SECOND, MINUTE)]), start=EVENING)


def lost_slots(random: Random) -> Plan:
    """Minutes before midnight the first calls are set aside, by a sweep that may die over it.

    So may operators; one of three does not.
    """
    draft = Draft(random)
    plan = _plan(draft, [draft.caller(0, 0, at=SWEEP + 40 * SECOND)], [])
    operators = [
        Operator(name=f"operator {n}", at=n * 20 * SECOND, config=plan.config) for n in range(3)
    ]
    return replace(
        plan,
        start=LATE,
        config=configuration(draft.budgets),
        operators=operators,
        runs_into=KEPT_FOR,
    )


def half_swept(random: Random) -> Plan:
    """A day's slots are given back when the ledger falls silent, and does what nobody hears of.

    For some callers' clocks it is still that day.
    """
    draft = Draft(random)
    begins = SWEEP + int(random.uniform(0.1, 0.5) * SECOND)
    span = replace(_outage(begins, begins + 2 * MINUTE), heard=1.0)
    callers = [
        draft.caller(n, 0, at=begins + 4 * SECOND + n * SECOND, application="web")
        for n in range(24)
    ]
    return replace(_plan(draft, callers, [span]), start=EVENING)


def _outage(begins: int, ends: int) -> Outage:
    return Outage(service=outages.DYNAMODB, begins=begins, ends=ends)


def _plan(draft: Draft, callers: list[Caller], spans: list[Outage]) -> Plan:
    draft.budget("daily", 1_000_000)
    return Plan(
        workload="outage",
        start=NOON,
        config=configuration(draft.budgets, allowances=[ALLOWANCE]),
        callers=callers,
        outages=spans,
        has_store=True,
        runs_into=SWEPT_AFTER,
    )
