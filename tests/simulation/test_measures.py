"""Seeds in which scopes are frozen and tightened while calls come: the same promises, and two more.

A frozen scope holds no new call, and one that is tightened pays out of its temporary budget, from a
moment after the measure is on record until it ends.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import pytest

from cost_sentry.adapters.dynamodb_config_store import FRESH_FOR
from cost_sentry.adapters.dynamodb_measures import DynamoDbMeasures
from cost_sentry.application.take_measure import take_measure
from cost_sentry.domain.errors import CostSentryError
from cost_sentry.domain.measure import Measure, MeasureKind
from tests.simulation.draft import NOON, Draft
from tests.simulation.plan import DEAR, TEAM, Plan
from tests.simulation.simulation import Simulation
from tests.simulation.variations import varied
from tests.simulation.workloads import mix_of
from tests.simulation.world import faults
from tests.simulation.world.latencies import SECOND

SEEDS, CHUNK = 400, 25
QUICK = 100
SPAN = 150 * SECOND
SCOPES = ({}, {"team": TEAM}, {"application": "web"}, {"model": DEAR})
SOON = FRESH_FOR + timedelta(seconds=1)
"""After it is on record, every admission goes by it: none reads what is older."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Two responders put the same measure, the second a moment later; one may lift it."""

    name: str
    at: int
    kind: MeasureKind
    scope: dict[str, str]
    seconds: int
    amount: int
    lifted_after: int | None


def measured(seed: int) -> tuple[Plan, list[Step]]:
    """Callers of one budget for some minutes, and what is done to their scopes meanwhile."""
    random = Random(f"measured {seed}")
    draft = Draft(random)
    draft.budget("daily", random.randint(8_000, 60_000))
    callers = [draft.caller(n, SPAN) for n in range(random.randint(10, 24))]
    config = draft.config(ladder=random.random() < 0.6)
    plan = Plan(workload="measures", start=NOON, config=config, callers=callers)
    return varied(plan, Random(f"measured variations {seed}")), [*_steps(random)]


def _steps(random: Random) -> list[Step]:
    return [
        Step(
            name=f"measure {number}",
            at=int(random.random() * SPAN),
            kind=random.choice((MeasureKind.FREEZE, MeasureKind.TIGHTEN)),
            scope=random.choice(SCOPES),
            seconds=random.randint(5, 120),
            amount=random.choice((0, 300, 1_500, 6_000)),
            lifted_after=random.randint(1, 60) if random.random() < 0.3 else None,
        )
        for number in range(random.randint(1, 4))
    ]


@dataclass(slots=True)
class Standing:
    """A measure that somebody was told is on record, and since when; till when it holds."""

    measure: Measure
    since: datetime
    until: datetime


class Measured(Simulation):
    """What responders do, beside what everybody does."""

    steps: list[Step]
    standing: list[Standing]

    def _go_wrong(self) -> None:
        self.standing = []
        for step in self.steps:
            for number in range(2):
                self._respond(step, number)
        super()._go_wrong()

    def _respond(self, step: Step, number: int) -> None:
        begins = self.now() + timedelta(microseconds=step.at)
        measure = Measure(
            id=step.name,
            kind=step.kind,
            scope=step.scope,
            made_at=begins,
            until=begins + timedelta(seconds=step.seconds),
            why="incident of a test",
            undo="wait",
            amount=step.amount if step.kind is MeasureKind.TIGHTEN else None,
        )

        def respond() -> None:
            environment = self._environment(f"{step.name}/{number}")
            store = DynamoDbMeasures(environment.calls, environment.pause, environment.clock)
            try:
                on_record = take_measure(
                    measure, store=store, books=environment.books, clock=environment.clock
                )
            except CostSentryError:
                return  # Whoever is told so tries again, as the workflow does; here nobody does.
            if measure in on_record:
                told = Standing(measure=measure, since=self.now(), until=measure.until)
                self.standing.append(told)
            if step.lifted_after is not None and number == 1:
                self.scheduler.sleep(step.lifted_after * SECOND)
                self._shorten(measure, self.now())
                store.lift(measure)

        later = step.at + number * SECOND // 50
        self._counted(self.scheduler.spawn(f"{step.name}/{number}", respond, later))

    def _shorten(self, measure: Measure, until: datetime) -> None:
        for one in self.standing:
            if one.measure.id == measure.id:
                one.until = min(one.until, until)

    def now(self) -> datetime:
        return self._start + timedelta(microseconds=self.scheduler.now)

    def held_while(self, one: Standing) -> list:
        """Calls of its scope that were held while it was in force for sure."""
        found = []
        for (account, _), story in self.auditor.truth.stories.items():
            tags = {"team": TEAM, "application": account.split("/")[1]}
            at = datetime.fromtimestamp(story.held.reserved_at_ms / 1_000, tz=one.since.tzinfo)
            if one.since + SOON <= at < one.until - SOON and one.measure.covers(
                tags, story.held.model
            ):
                found.append(story.held)
        return found


def replaced(one: Standing, others: list[Standing]) -> bool:
    """Whether another tightened the same scope after it, and took its place."""
    return any(
        other.measure.id != one.measure.id
        and other.measure.kind is one.measure.kind
        and other.measure.scope == one.measure.scope
        for other in others
    )


def run(seed: int, *, calm: bool) -> tuple[Measured, str | None]:
    plan, steps = measured(seed)
    simulation = Measured(seed, plan, faults.NONE if calm else mix_of(seed, plan))
    simulation.steps = steps
    outcome = simulation.run()
    return simulation, None if outcome.failure is None else str(outcome.failure)


CHUNKS = [
    pytest.param(first, marks=[] if first < QUICK else [pytest.mark.slow])
    for first in range(0, SEEDS, CHUNK)
]


@pytest.mark.parametrize("first", CHUNKS)
def test_measures_that_come_and_go_break_no_promise(first):
    failures = {seed: run(seed, calm=False)[1] for seed in range(first, first + CHUNK)}

    assert {seed: failure for seed, failure in failures.items() if failure} == {}


@pytest.mark.parametrize("first", CHUNKS)
def test_a_frozen_scope_holds_no_call_and_a_tightened_one_pays_from_its_own_budget(first):
    met = Counter()
    for seed in range(first, first + CHUNK):
        simulation, failure = run(seed, calm=True)
        assert failure is None, seed
        for one in simulation.standing:
            held = simulation.held_while(one)
            if one.measure.kind is MeasureKind.FREEZE:
                assert held == [], seed
                met["frozen"] += 1
            elif not replaced(one, simulation.standing):
                budget = one.measure.budget.id
                for call in held:
                    assert any(purse.startswith(f"{budget}@") for purse, _, _ in call.holds), seed
                    met["tightened"] += 1

    assert met["frozen"] > 0
    assert met["tightened"] > 0
