"""A wake, and a wish for one, that comes to nothing ends by its deadline, and is paid for."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.application.wake_money import EXECUTION
from cost_sentry.domain.endpoint import EndpointKind, EndpointState
from cost_sentry.domain.endpoint_sleep import WANTED_FOR, SleepState
from tests.fakes.sleep_world import (
    DOLLAR,
    RULES,
    SleepWorld,
    put_to_sleep,
    state,
    wakes,
)

KINDS = list(EndpointKind)
GIVE_UP_MINUTES = RULES.give_up_after // timedelta(minutes=1)


@pytest.fixture
def world() -> SleepWorld:
    return SleepWorld()


@pytest.mark.parametrize("kind", KINDS)
def test_a_wake_that_never_answers_is_put_back_to_sleep_after_its_deadline(world, kind):
    put_to_sleep(world, kind=kind)
    world.sagemaker.mute.add("chat")
    world.wake("chat")
    began = world.clock.now()

    world.pass_minutes(GIVE_UP_MINUTES)

    assert state(world) is SleepState.ASLEEP
    assert "it did not answer within 60 minutes" in world.records.kept["chat"].reason
    up_since, up_until = world.sagemaker.up["chat"][-1]
    assert up_until - began <= RULES.give_up_after + timedelta(minutes=5)
    world.pass_minutes(5)
    ended = [entry.resolution for entry in world.ledger.entries if entry.resolution]
    ran = (up_until - up_since).total_seconds()
    assert ended[0].cost_picodollars >= int(ran * 1.408 / 3600 * DOLLAR)
    assert ended[0].estimated
    assert world.notices.events == ["asleep", "overdue", "wake-failed-0"]


def test_who_is_wanted_no_more_costs_nothing_more_however_mute_it_is(world):
    put_to_sleep(world)
    world.sagemaker.mute.add("chat")
    world.wake("chat")
    world.pass_minutes(24 * 60)

    up = sum((end - start).total_seconds() for start, end in world.sagemaker.up["chat"][1:] if end)

    assert state(world) is SleepState.ASLEEP
    assert world.sagemaker.up["chat"][-1][1] is not None
    assert up <= (RULES.give_up_after + WANTED_FOR).total_seconds()


def test_the_reservation_of_a_wake_outlives_its_deadline():
    world = SleepWorld(rules=replace(RULES, wake_minutes_max=240))
    put_to_sleep(world)

    world.wake("chat")

    held = world.records.kept["chat"].held
    assert held.attempt.startswith(EXECUTION)
    assert held.expires_at > world.clock.now() + world.rules.give_up_after


def test_a_model_that_answers_its_callers_and_not_its_probe_is_not_taken_from_them(world):
    put_to_sleep(world)
    world.sagemaker.probeless.add("chat")
    world.wake("chat")
    for _ in range(GIVE_UP_MINUTES // 5 + 2):
        world.pass_minutes(5)
        world.sagemaker.call("chat")

    assert state(world) is SleepState.CLOSED
    assert "answers its callers" in world.records.kept["chat"].reason
    assert world.sagemaker.at("chat").state is EndpointState.IN_SERVICE


def test_a_wake_that_died_after_it_was_taken_back_is_not_begun_again(world):
    put_to_sleep(world)
    world.sagemaker.mute.add("chat")
    world.wake("chat")
    world.pass_minutes(GIVE_UP_MINUTES - 5)
    world.sagemaker.delete("chat")

    world.pass_minutes(5)

    assert (state(world), wakes(world)) == (SleepState.ASLEEP, 1)


def test_a_wish_that_nobody_repeats_wakes_nobody_after_its_deadline(world):
    put_to_sleep(world)
    world.set_limit(1)
    world.wake("chat")
    world.pass_minutes(WANTED_FOR // timedelta(minutes=1) + 5)
    world.set_limit(100 * DOLLAR)

    world.pass_minutes(60)
    assert (state(world), wakes(world)) == (SleepState.ASLEEP, 0)

    world.wake("chat")
    world.pass_minutes(15)
    assert state(world) is SleepState.CLOSED


def test_an_old_wish_does_not_keep_an_endpoint_awake(world):
    world.sagemaker.make("chat")
    world.run()
    world.records.want("chat", world.clock.now() - WANTED_FOR)

    world.pass_minutes(10)

    assert state(world) is SleepState.ASLEEP


def test_a_budget_bounds_what_a_mute_endpoint_costs_however_often_it_is_asked_for(world):
    world.set_limit(5 * DOLLAR)
    put_to_sleep(world)
    world.sagemaker.mute.add("chat")
    for _ in range(2 * 24):
        world.wake("chat")
        world.pass_minutes(30)

    up = [(end, start) for start, end in world.sagemaker.up["chat"][1:]]
    hours = sum((end - start).total_seconds() for end, start in up) / 3600
    days = 2
    one_too_many = 1.408 * RULES.give_up_after / timedelta(hours=1)
    assert hours * 1.408 <= days * (5 + one_too_many)
