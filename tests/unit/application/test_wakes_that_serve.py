"""A wake that SageMaker has not ended, and that answers callers, is not taken from them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.application.endpoint_ports import EndpointDenied, EndpointFault
from cost_sentry.domain.endpoint import EndpointKind, EndpointState
from cost_sentry.domain.endpoint_sleep import SleepState
from tests.fakes.sleep_world import RULES, SleepWorld, bodies, put_to_sleep, state

LATE_MINUTES = RULES.give_up_after // timedelta(minutes=1)


@pytest.fixture
def world() -> SleepWorld:
    """One of two copies has come up, the other never does: it is being changed for a year."""
    world = SleepWorld()
    put_to_sleep(world, kind=EndpointKind.COMPONENTS)
    world.sagemaker.seconds = lambda _name, verb: 60 if verb == "sleep" else 365 * 86_400
    world.sagemaker.clings = lambda _name: False
    return world


def serve(world) -> None:
    now = world.clock.now()
    world.sagemaker.calls["chat"].append((now, now + timedelta(seconds=1)))


def wake_that_serves(world, minutes=LATE_MINUTES + 5) -> None:
    world.wake("chat")
    world.pass_minutes(30)
    serve(world)
    world.pass_minutes(minutes - 30)


def verbs(world) -> list[str]:
    return [verb for _, verb, _ in world.sagemaker.deeds]


def test_what_answers_callers_is_awake_at_the_deadline_and_paid_as_a_wake(world):
    wake_that_serves(world)

    assert (state(world), verbs(world)) == (SleepState.CLOSED, ["sleep", "wake"])
    one = world.sagemaker.at("chat")
    assert (one.state, one.scaling) == (EndpointState.CHANGING, True)
    (ended,) = (entry.resolution for entry in world.ledger.entries if entry.resolution)
    assert (ended.estimated, ended.reason) == (False, "woken")


def test_its_owner_is_told_that_not_all_of_it_has_come_up(world):
    world.sagemaker.refuses["finish", "chat"] = EndpointDenied("scaling: AccessDenied")
    wake_that_serves(world)

    assert [one.partition("-")[0] for one in world.notices.events] == ["asleep", "overdue", "woke"]
    (told,) = (body.replace("\n          ", " ") for body in bodies(world, "woke"))
    assert "it answers its callers, though SageMaker has not brought up all of it" in told
    assert "its scaling rules could not be put back" in told


def test_before_the_deadline_it_is_waited_for(world):
    wake_that_serves(world, LATE_MINUTES - 5)

    assert state(world) is SleepState.RESTORING


def test_calls_of_before_its_wake_do_not_count(world):
    serve(world)
    world.clock.advance(minutes=1)
    world.wake("chat")
    world.pass_minutes(LATE_MINUTES)

    assert (state(world), verbs(world)[-1]) == (SleepState.ASLEEP, "take back")


def test_one_whose_metrics_cannot_be_read_is_left_until_they_can(world):
    world.sagemaker.refuses["served", "chat"] = EndpointFault("CloudWatch: no answer")
    wake_that_serves(world)
    assert (state(world), verbs(world)) == (SleepState.RESTORING, ["sleep", "wake"])

    world.sagemaker.refuses.clear()
    world.pass_minutes(5)
    assert state(world) is SleepState.CLOSED


def test_one_that_may_not_be_taken_away_is_awake_too(world):
    world.rules = replace(RULES, is_dry_run=True)
    wake_that_serves(world)

    assert state(world) is SleepState.CLOSED
    assert "hangs-0" not in world.notices.events


def test_one_of_which_a_part_sleeps_is_put_back_to_sleep_whatever_serves(world):
    world.sagemaker.halves = lambda _name: True
    wake_that_serves(world, LATE_MINUTES)

    assert (state(world), verbs(world)[-1]) == (SleepState.ASLEEP, "take back")
    assert "a part of it did not wake" in world.records.kept["chat"].reason
