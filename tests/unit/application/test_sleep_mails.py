"""What of the sleeps and wakes of an endpoint is mailed, and how often."""

from datetime import timedelta

import pytest

from cost_sentry.application.late_wakes import SERVES
from cost_sentry.domain.endpoint_sleep import SleepState
from tests.fakes.builders import NOON
from tests.fakes.sleep_world import DOLLAR, RULES, SleepWorld, bodies, put_to_sleep, state

WEEK_MINUTES = 7 * 24 * 60


@pytest.fixture
def world() -> SleepWorld:
    world = SleepWorld()
    put_to_sleep(world)
    return world


def sleep_and_wake(world: SleepWorld, minutes: int = 15) -> None:
    if state(world) is not SleepState.ASLEEP:
        world.pass_minutes(60)
    assert state(world) is SleepState.ASLEEP
    world.wake("chat")
    world.pass_minutes(minutes)
    assert state(world) is SleepState.CLOSED


def test_wakes_as_usual_are_told_once_a_week_with_what_all_sleeps_have_saved(world):
    monday = NOON.date() + timedelta(days=7 - NOON.weekday())
    while world.clock.now().date() < monday + timedelta(days=7):
        sleep_and_wake(world)
        world.pass_minutes(12 * 60, every=30)

    told = bodies(world, "woke")
    assert len(told) == 2, "of the week of NOON, and of the next"
    assert world.records.kept["chat"].total.sleeps > 10
    assert "told once a week" in told[1]
    assert " sleeps" in told[1]


def test_after_a_wake_that_was_refused_the_next_that_answers_is_told(world):
    sleep_and_wake(world)
    world.pass_minutes(60)
    world.set_limit(1)
    world.wake("chat")
    world.set_limit(100 * DOLLAR)
    world.pass_minutes(20)

    assert world.notices.events[-2:] == ["refused-search-daily", "woke"]
    assert "told once a week" not in bodies(world, "woke")[1]


def test_after_a_wake_that_failed_the_next_that_answers_is_told(world):
    sleep_and_wake(world)
    world.pass_minutes(60)
    fails = iter([True])
    world.sagemaker.fails = lambda _name: next(fails, False)
    sleep_and_wake(world, minutes=30)

    assert world.notices.events[-2:] == ["wake-failed-0", "woke"]


def test_after_a_wake_that_was_late_it_is_told_that_it_answered(world):
    sleep_and_wake(world)
    world.sagemaker.seconds = lambda _name, verb: 60 if verb == "sleep" else 40 * 60
    sleep_and_wake(world, minutes=50)

    assert world.notices.events[-2:] == ["overdue", "woke-late"]


def wake_and_call(world: SleepWorld, minutes: int) -> None:
    world.set_limit(world.limit)
    world.wake("chat")
    for _ in range(0, minutes, 5):
        world.pass_minutes(5)
        if state(world) is SleepState.RESTORING:
            world.sagemaker.call("chat")


def test_a_wrong_probe_is_told_once_a_week_whatever_else_was_told_of_wakes(world):
    sleep_and_wake(world)
    world.sagemaker.probeless.add("chat")
    for _ in range(7):
        world.pass_minutes(60)
        wake_and_call(world, RULES.give_up_after // timedelta(minutes=1) + 10)
        assert state(world) is SleepState.CLOSED

    _usual, *told = bodies(world, "woke")
    assert len(told) == 1
    assert SERVES in " ".join(told[0].split())


@pytest.mark.parametrize("fault", ["mute", "probeless"])
def test_wakes_that_are_overdue_are_told_once_a_day(fault):
    world = SleepWorld(limit=10**5 * DOLLAR)
    put_to_sleep(world)
    getattr(world.sagemaker, fault).add("chat")
    for _ in range(3 * 8):
        wake_and_call(world, 3 * 60)

    told = bodies(world, "overdue")
    assert len(told) == 4, "one on each day that this touches"
    assert "told once a day at most" in told[0]


def test_wakes_that_are_late_each_time_are_told_once_a_day(world):
    world.sagemaker.seconds = lambda _name, verb: 60 if verb == "sleep" else 40 * 60
    for _ in range(10):
        sleep_and_wake(world, minutes=50)

    assert world.records.kept["chat"].total.restores == 10
    assert len(bodies(world, "overdue")) == len(bodies(world, "woke")) == 2, "of two days"


def test_wakes_that_fail_in_a_row_are_told_first_and_then_once_a_day(world):
    world.sagemaker.fails = lambda _name: True
    for _ in range(3 * 24):
        world.wake("chat")
        world.pass_minutes(60)

    told = bodies(world, "wake-fail")
    tries = world.records.kept["chat"].failures
    assert tries > 20
    assert len(told) == 1 + 4, "the first, and one on each day that this touches"
    assert "tries in a row failed" in told[-1]
    assert "tries in a row failed" not in told[0]


def test_a_mail_of_a_wake_over_which_a_run_died_is_not_written_twice(world):
    put, lost = world.records.put, []

    def dies_once(record, replaces):
        if record.state is SleepState.CLOSED and not lost:
            lost.append(record)
            return False
        return put(record, replaces)

    world.records.put = dies_once
    world.wake("chat")
    world.pass_minutes(30)

    assert lost
    assert state(world) is SleepState.CLOSED
    assert len(bodies(world, "woke")) == 1
