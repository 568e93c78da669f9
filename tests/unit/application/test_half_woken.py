"""A wake of which a part was taken ends with all of it awake, or all asleep, and is charged."""

from datetime import timedelta

import pytest

from cost_sentry.application.endpoint_ports import (
    EndpointDenied,
    EndpointFault,
    EndpointHalfDone,
    EndpointRefused,
)
from cost_sentry.application.endpoint_problems import ProblemKind
from cost_sentry.domain.endpoint import EndpointKind, EndpointState
from cost_sentry.domain.endpoint_sleep import SleepState
from cost_sentry.domain.reservation import ReservationState
from tests.fakes.sleep_world import DOLLAR, RULES, SleepWorld, bodies, put_to_sleep, state

GIVE_UP_MINUTES = RULES.give_up_after // timedelta(minutes=1)


@pytest.fixture
def world() -> SleepWorld:
    world = SleepWorld()
    put_to_sleep(world, kind=EndpointKind.COMPONENTS)
    return world


def resolutions(world):
    return [entry.resolution for entry in world.ledger.entries if entry.resolution]


def test_the_rest_is_ordered_until_it_is_there_and_the_wake_is_charged(world):
    world.sagemaker.halves = lambda _name: True
    world.wake("chat")
    reports = world.pass_minutes(20)

    assert state(world) is SleepState.RESTORING
    assert reports[-1].problems[0].kind is ProblemKind.REFUSED

    world.sagemaker.halves = lambda _name: False
    world.pass_minutes(10)

    assert state(world) is SleepState.CLOSED
    assert not world.sagemaker.real["chat"].is_half
    assert [one.state for one in resolutions(world)] == [ReservationState.SETTLED]
    assert "woke" in world.notices.events


def test_what_never_wakes_as_a_whole_is_put_back_to_sleep_and_all_of_its_time_is_charged(world):
    world.sagemaker.halves = lambda _name: True
    world.wake("chat")
    world.pass_minutes(GIVE_UP_MINUTES)
    since, until = world.sagemaker.up["chat"][-1]
    assert state(world) is SleepState.ASLEEP
    world.clock.advance(minutes=2)
    assert world.sagemaker.at("chat").state is EndpointState.ASLEEP
    world.pass_minutes(5)

    (ended,) = resolutions(world)
    assert ended.estimated
    assert ended.cost_picodollars >= int((until - since).total_seconds() * 1.408 / 3600 * DOLLAR)
    assert "a part of it did not wake" in bodies(world, "wake-failed")[0].replace("\n", " ")


class After:
    """``Endpoints`` whose order to wake is taken, and then something happens."""

    def __init__(self, endpoints, event) -> None:
        self.endpoints, self.event = endpoints, event

    def __getattr__(self, verb):
        return getattr(self.endpoints, verb)

    def restore(self, snapshot):
        self.endpoints.restore(snapshot)
        self.event()


def test_an_order_whose_answer_was_lost_is_charged_although_the_next_is_refused(world):
    def ends_and_is_lost():
        one = world.sagemaker.real["chat"]
        one.state, one.becomes = EndpointState.ASLEEP, None
        world.sagemaker.refuses["restore", "chat"] = EndpointRefused("no capacity")
        raise EndpointFault("no answer")

    world.wake("chat", endpoints=After(world.sagemaker, ends_and_is_lost))
    assert state(world) is SleepState.ASLEEP
    world.pass_minutes(5)

    assert [one.estimated for one in resolutions(world)] == [True]


def test_an_order_over_which_a_run_died_is_on_record_as_soon_as_somebody_looks(world):
    class Died(BaseException):
        pass

    def dies():
        raise Died

    with pytest.raises(Died):
        world.wake("chat", endpoints=After(world.sagemaker, dies))
    assert not world.records.kept["chat"].has_begun
    world.sagemaker.real["chat"].becomes = (world.clock.now() + timedelta(hours=9), None)

    world.pass_minutes(5)

    assert world.records.kept["chat"].has_begun


@pytest.mark.parametrize(
    "fault", [EndpointRefused("no"), EndpointDenied("no"), EndpointHalfDone("no")]
)
def test_what_its_owner_woke_ends_the_sleep_although_it_cannot_be_made_as_it_was(world, fault):
    world.clock.advance(minutes=60)
    one = world.sagemaker.real["chat"]
    one.state, one.changed_at = EndpointState.IN_SERVICE, world.clock.now()
    world.sagemaker.refuses["finish", "chat"] = fault

    (report,) = world.pass_minutes(5)

    assert report.ended == ["chat"]
    assert report.problems == []
    assert "not all of it could be made as it was" in world.records.kept["chat"].reason


def test_scaling_rules_that_cannot_be_put_back_keep_no_wake_open_and_free(world):
    world.sagemaker.refuses["finish", "chat"] = EndpointDenied("scaling: AccessDenied")
    world.wake("chat")
    world.pass_minutes(GIVE_UP_MINUTES + 5)

    assert state(world) is SleepState.CLOSED
    assert "scaling rules could not be put back" in world.records.kept["chat"].reason
    assert [one.state for one in resolutions(world)] == [ReservationState.SETTLED]
