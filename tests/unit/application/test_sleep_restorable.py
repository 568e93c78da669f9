"""What is taken away can be made again, as it was; else it stays awake."""

import pytest

from cost_sentry.application.endpoint_ports import EndpointDenied, EndpointThrottled
from cost_sentry.domain.endpoint import EndpointKind
from cost_sentry.domain.endpoint_sleep import SleepState
from cost_sentry.domain.reservation import ReservationState
from tests.fakes.sleep_world import (
    SleepWorld,
    bodies,
    put_to_sleep,
    state,
)

KINDS = list(EndpointKind)


@pytest.fixture
def world() -> SleepWorld:
    return SleepWorld()


@pytest.mark.parametrize("kind", KINDS)
def test_an_endpoint_that_could_not_be_made_again_stays_awake_and_is_told_of_once(world, kind):
    world.sagemaker.make("chat", kind, has_model=False)

    world.run()
    *_, report = world.pass_minutes(115)

    assert world.sagemaker.deeds == []
    assert "its model is gone" in world.reasons(report)["chat"][1]
    reason = "its model is gone, so it could not be made again as it is"
    assert world.records.kept["chat"].reason == reason
    (body,) = bodies(world, "not-restorable")
    assert reason in body.replace("\n          ", " ")


def test_each_reason_why_it_could_not_be_made_again_is_told_once(world, monkeypatch):
    world.sagemaker.make("chat")
    missing = "its model is gone"
    fake = type(world.sagemaker)
    monkeypatch.setattr(fake, "why_not_again", lambda _fake, _snapshot: missing)
    world.pass_minutes(120)
    missing = "it has scheduled actions"

    world.pass_minutes(120)

    told = bodies(world, "not-restorable")
    assert len(told) == 2
    assert "its model is gone" in told[0]
    assert "it has scheduled actions" in told[1]


def test_what_it_is_made_of_is_looked_at_once_more_before_the_deletion(world):
    world.sagemaker.make("chat")
    world.sagemaker.refuses["put_to_sleep", "chat"] = EndpointThrottled("slow down")
    world.run()
    assert state(world) is SleepState.FALLING_ASLEEP
    world.sagemaker.refuses.clear()
    world.sagemaker.real["chat"].has_model = False

    world.pass_minutes(5)

    assert (state(world), world.sagemaker.deeds) == (SleepState.ABANDONED, [])


def test_what_may_not_be_looked_at_could_not_be_verified_so_nothing_is_deleted(world):
    world.sagemaker.make("chat")
    world.sagemaker.refuses["why_not_again", "chat"] = EndpointDenied("chat: AccessDenied")

    world.run()

    assert (state(world), world.sagemaker.deeds) == (SleepState.ABANDONED, [])
    assert "cannot be looked at: chat: AccessDenied" in world.records.kept["chat"].reason


def test_who_comes_back_by_another_configuration_is_told_why(world):
    put_to_sleep(world)
    world.sagemaker.reconfigured.add("chat")

    world.wake("chat")
    world.pass_minutes(10)

    assert state(world) is SleepState.CLOSED
    assert len(bodies(world, "made-again")) == 1


def test_an_owner_who_is_first_keeps_what_he_made_and_nobody_pays_for_it(world):
    put_to_sleep(world)
    world.sagemaker.refuses["restore", "chat"] = EndpointThrottled("slow down")
    world.wake("chat")
    assert state(world) is SleepState.RESTORING
    made = world.sagemaker.make("chat", content="another", scaling=False)

    world.pass_minutes(5)

    assert state(world) is SleepState.CLOSED
    assert "its owner has made it otherwise" in world.records.kept["chat"].reason
    assert not made.scaling
    ended = [entry.resolution for entry in world.ledger.entries if entry.resolution]
    assert [one.state for one in ended] == [ReservationState.VOIDED]
