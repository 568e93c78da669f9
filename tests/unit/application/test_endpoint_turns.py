"""Endpoints that cannot be served take no turn of others, however many they are."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cost_sentry.application.endpoint_ports import EndpointDenied
from cost_sentry.application.endpoint_problems import ProblemKind
from cost_sentry.application.scale_endpoints import LOOK_SECONDS_MAX
from cost_sentry.application.turns import Turns
from cost_sentry.domain.endpoint import MAY_SLEEP_TAG, YES
from cost_sentry.domain.endpoint_rules import WAKE_LEAD, EndpointGroup
from cost_sentry.domain.endpoint_sleep import SleepState
from cost_sentry.domain.measure import MeasureKind
from cost_sentry.domain.timetable import Timetable
from tests.fakes.builders import budget, measure
from tests.fakes.configurations import configuration
from tests.fakes.sleep_world import DOLLAR, RULES, SleepWorld, put_to_sleep, state

FUNDED = "zz"
"""Last by its name."""
TIGHT = replace(RULES, actions_per_run_max=2)


def opens_in(world: SleepWorld, minutes: int) -> None:
    """The hours of every endpoint."""
    opens = world.clock.now() + timedelta(minutes=minutes)
    minute = opens.hour * 60 + opens.minute
    hours = Timetable(
        days=frozenset(range(7)),
        opens_minute=minute,
        closes_minute=(minute + 480) % 1440,
        zone=UTC,
    )
    world.rules = replace(world.rules, groups=(EndpointGroup(id="office", timetable=hours),))


def two_teams(many: int, rules=RULES) -> SleepWorld:
    """All endpoints of team poor sleep, and the one of team rich."""
    world = SleepWorld(rules=replace(rules, actions_per_run_max=many + 1))
    set_limits(world, poor=1_000 * DOLLAR)
    for number in range(many):
        tags = {MAY_SLEEP_TAG: YES, "team": "poor"}
        world.sagemaker.make(f"a{number:02}", tags=tags)
    world.sagemaker.make(FUNDED, tags={MAY_SLEEP_TAG: YES, "team": "rich"})
    world.run()
    world.pass_minutes(5)
    assert {record.state for record in world.records.kept.values()} == {SleepState.ASLEEP}
    world.rules = rules
    return world


def set_limits(world: SleepWorld, poor: int) -> None:
    budgets = (
        budget("poor-daily", poor, scope={"team": "poor"}),
        budget("rich-daily", 1_000 * DOLLAR, scope={"team": "rich"}),
    )
    world.config = configuration(*budgets, endpoints=world.rules)
    for one in budgets:
        world.ledger.define(one, one.window_at(world.clock.now()).id)


def broke(world: SleepWorld) -> None:
    set_limits(world, poor=1)


def frozen(world: SleepWorld) -> None:
    now = world.clock.now()
    freeze = measure(
        kind=MeasureKind.FREEZE,
        scope={"team": "poor"},
        made_at=now,
        until=now + timedelta(hours=12),
    )
    world.config = replace(world.config, measures=(freeze,))


class Slow:
    """A port of which every call of one verb takes its time."""

    def __init__(self, world: SleepWorld, port: object, verb: str, seconds: float) -> None:
        self.world, self.port, self.verb, self.seconds = world, port, verb, seconds

    def __getattr__(self, verb):
        if verb == self.verb:
            self.world.clock.time += timedelta(seconds=self.seconds)
        return getattr(self.port, verb)


def woken_at(world: SleepWorld, runs: int, **ports) -> datetime | None:
    """When the funded one was woken, if it was; runs begin some seconds late, now and then."""
    began = world.clock.now()
    for run in range(1, runs):
        due = began + timedelta(minutes=5 * run, seconds=run * 7 % 10)
        world.clock.time = max(world.clock.time, due)
        world.run(**ports)
        if state(world, FUNDED) is not SleepState.ASLEEP:
            return due
    return None


@pytest.mark.parametrize("refuses", [broke, frozen])
@pytest.mark.parametrize("many", [12, 25, 60])
def test_wakes_that_are_refused_keep_no_funded_one_from_its_hours(refuses, many):
    world = two_teams(many)
    refuses(world)
    opens_in(world, minutes=20)
    opens_at = world.clock.now() + timedelta(minutes=20)

    began = woken_at(world, runs=100)

    assert began is not None
    assert began <= opens_at - WAKE_LEAD + timedelta(minutes=5)


@pytest.mark.parametrize("is_waited_for", [True, False])
def test_refusals_that_take_all_the_time_of_wakes_are_asked_in_turn(is_waited_for):
    world = two_teams(60)
    broke(world)
    opens_in(world, minutes=-60)
    slow = Slow(world, world.ledger, "reserve", 3)
    began = world.clock.now()
    if is_waited_for:
        for number in range(60):
            world.records.want(f"a{number:02}", began)

    woken = woken_at(world, runs=30, ledger=slow)

    assert woken is not None
    assert woken - began < timedelta(minutes=25)
    assert all(record.is_put_off for name, record in world.records.kept.items() if name != FUNDED)


def test_refusals_that_take_all_the_time_of_wakes_keep_nobody_from_falling_asleep():
    world = two_teams(60)
    broke(world)
    opens_in(world, minutes=-60)
    (office,) = world.rules.groups
    of_the_poor = replace(office, scope={"team": "poor"})
    world.rules = replace(world.rules, groups=(of_the_poor,))
    world.sagemaker.make("idle", tags={MAY_SLEEP_TAG: YES, "team": "rich"})
    slow = Slow(world, world.ledger, "reserve", 3)

    report = world.run(ledger=slow)

    assert report.slept == ["idle"]


@pytest.mark.parametrize("verb", ["look", "restore"])
def test_wakes_that_come_to_a_fault_keep_no_other_from_its_hours(verb):
    world = two_teams(12, rules=TIGHT)
    for number in range(12):
        world.sagemaker.refuses[verb, f"a{number:02}"] = EndpointDenied("AccessDenied")
    opens_in(world, minutes=20)

    began = woken_at(world, runs=10)

    assert began is not None


@pytest.mark.parametrize("verb", ["snapshot", "put_to_sleep"])
@pytest.mark.parametrize("many", [10, 60])
def test_sleeps_that_come_to_nothing_keep_no_other_from_its_sleep(verb, many):
    world = SleepWorld()
    for number in range(many):
        world.sagemaker.make(f"a{number:02}")
        world.sagemaker.refuses[verb, f"a{number:02}"] = EndpointDenied("AccessDenied")
    idle_shortest = world.clock.now() - timedelta(hours=1)
    world.sagemaker.make("zz", made_at=idle_shortest)

    world.run()
    world.pass_minutes(10)

    assert state(world, "zz") is SleepState.ASLEEP


def test_faults_that_take_all_the_time_of_sleeps_are_met_in_turn():
    world = SleepWorld()
    for number in range(60):
        world.sagemaker.make(f"a{number:02}")
        world.sagemaker.refuses["snapshot", f"a{number:02}"] = EndpointDenied("AccessDenied")
    world.sagemaker.make("zz", made_at=world.clock.now() - timedelta(hours=2))
    slow = Slow(world, world.sagemaker, "snapshot", 3)

    for _ in range(4):
        world.run(endpoints=slow)
        world.clock.advance(minutes=5)

    assert state(world, "zz") is SleepState.ASLEEP


def test_only_sleeps_that_were_begun_count_toward_the_cap_of_a_run():
    world = SleepWorld(rules=TIGHT)
    for name in ("a", "b", "c", "d", "e"):
        world.sagemaker.make(name)
    world.sagemaker.refuses["snapshot", "a"] = EndpointDenied("AccessDenied")

    report = world.run()

    assert report.slept == ["b", "c"]
    later = ("keep", "this run has done its 2; the next goes on")
    assert [world.reasons(report)[name] for name in ("d", "e")] == [later, later]
    (report,) = world.pass_minutes(5)
    assert report.slept == ["d", "e"]


def test_only_wakes_that_were_begun_count_toward_the_cap_of_a_run():
    world = two_teams(3, rules=TIGHT)
    for name in ("yy", "xx"):
        world.sagemaker.make(name, tags={MAY_SLEEP_TAG: YES, "team": "rich"})
    world.run()
    world.pass_minutes(5)
    broke(world)
    opens_in(world, minutes=0)

    (first, second) = world.pass_minutes(10)

    assert first.woken == ["xx", "yy"]
    assert second.woken == [FUNDED]
    action, reason = world.reasons(first)["a00"]
    assert action == "keep"
    assert "budget poor-daily" in reason


def test_who_is_late_twice_in_one_run_is_told_of_once():
    world = two_teams(60)
    broke(world)
    opens_in(world, minutes=-60)
    for number in range(60):  # Each is its owner's again, and its sleep is to be ended.
        world.sagemaker.make(f"a{number:02}", made_at=world.clock.now())

    report = world.run(endpoints=Slow(world, world.sagemaker, "look", 3))

    assert len(report.late) > 1
    (problem,) = (one for one in report.problems if one.kind is ProblemKind.LATE)
    assert f"and {len(set(report.late)) - 1} others" in f"{problem}"


def many_that_are_looked_at_slowly(world: SleepWorld, many: int = 400) -> Slow:
    for number in range(many):
        world.sagemaker.make(f"e{number:03}")
    return Slow(world, world.sagemaker, "look", 0.25)


def test_more_than_a_run_can_look_at_keep_nobody_from_its_hours_and_are_told_of():
    world = SleepWorld()
    put_to_sleep(world, FUNDED)
    slow = many_that_are_looked_at_slowly(world)
    opens_in(world, minutes=5)
    began = world.clock.now()

    report = world.run(endpoints=slow)

    assert report.woken == [FUNDED]
    assert world.clock.now() - began < timedelta(seconds=LOOK_SECONDS_MAX + 1)
    (problem,) = report.problems
    assert problem.kind is ProblemKind.LATE
    assert f"and {len(report.late) - 1} others: the time of this run was over" in f"{problem}"
    looked_at = {row.endpoint for row in report.planned} - {FUNDED}
    assert looked_at | set(report.late) == {f"e{number:03}" for number in range(400)}


def test_more_than_a_run_can_look_at_fall_asleep_all_the_same():
    world = SleepWorld()
    slow = many_that_are_looked_at_slowly(world)

    report = world.run(endpoints=slow)

    assert len(report.slept) == world.rules.actions_per_run_max


def test_who_was_not_looked_at_by_one_run_is_looked_at_by_the_next():
    world = SleepWorld()
    slow = many_that_are_looked_at_slowly(world)
    world.rules = replace(RULES, is_dry_run=True)

    first = world.run(endpoints=slow)
    world.clock.advance(minutes=5)
    second = world.run(endpoints=slow)

    assert first.late
    assert set(first.late) <= {row.endpoint for row in second.planned}


def test_an_environment_that_remembers_no_turns_looks_at_everybody_within_an_hour():
    world = SleepWorld()
    slow = many_that_are_looked_at_slowly(world)
    world.rules = replace(RULES, is_dry_run=True)
    seen = set()

    for _ in range(12):
        world.looked_at, world.faulted = Turns(), Turns()
        seen |= {row.endpoint for row in world.run(endpoints=slow).planned}
        world.clock.advance(minutes=5)

    assert len(seen) == 400
