"""A wake of which a part was taken ends with all of it awake, or all asleep, and is charged."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.application.endpoint_ports import (
    EndpointDenied,
    EndpointFault,
    EndpointHalfDone,
    EndpointRefused,
)
from cost_sentry.application.endpoint_problems import ProblemKind
from cost_sentry.application.endpoint_rules_in_force import rules_for_all
from cost_sentry.application.late_wakes import POSTED_BEFORE
from cost_sentry.application.wake_endpoint import WakeState
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


def withdraw(world):
    world.config = replace(world.config, endpoints=None)
    world.rules = rules_for_all(world.config, world.records)


def dry_run(world):
    world.rules = replace(RULES, is_dry_run=True)


def protect(world):
    world.rules = replace(RULES, protected=({"team": "search"},))


@pytest.fixture(params=[withdraw, dry_run, protect])
def spared(request, world) -> SleepWorld:
    """A part of it is refused for good, and nothing may be taken away."""
    request.param(world)
    world.sagemaker.halves = lambda _name: True
    world.wake("chat")
    return world


def orders(world, minutes):
    """Of the rest, refused, in so many minutes."""
    reports = world.pass_minutes(minutes)
    kinds = [[one.kind for one in report.problems] for report in reports]
    return kinds.count([ProblemKind.REFUSED])


def minutes_paid(world) -> int:
    until = world.records.kept["chat"].held.expires_at - POSTED_BEFORE
    return (until - world.clock.now()) // timedelta(minutes=1)


def test_one_that_may_not_be_ended_is_ordered_while_it_is_paid_for_and_never_closed(spared):
    spared.pass_minutes(GIVE_UP_MINUTES)
    paid_for = minutes_paid(spared)
    assert orders(spared, paid_for) == paid_for // 5 - 1
    assert (orders(spared, 60), len(resolutions(spared))) == (0, 1)

    assert state(spared) is SleepState.RESTORING
    assert spared.sagemaker.at("chat").is_half
    spared.pass_minutes(24 * 60, every=60)
    assert spared.wake("chat").state is WakeState.WAKING
    assert resolutions(spared)[0].cost_picodollars >= int(1.408 * DOLLAR * 2)


def test_one_that_may_not_be_ended_is_told_once_as_what_it_is(spared):
    spared.pass_minutes(6 * 60)

    assert [one for one in spared.notices.events if one != "withdrawn"][1:] == [
        "overdue",
        "in-part-0",
    ]
    (told,) = (body.replace("\n          ", " ") for body in bodies(spared, "in-part"))
    assert "chat woke in part, and may not be put back to sleep" in told
    assert "the rest is ordered by each run until 2026-11-21 14:20 UTC" in told
    assert "its time until about 2026-11-21 14:20 UTC; what runs on after that is in no" in told


def test_one_first_seen_when_its_time_is_posted_is_told_that_nothing_more_is_ordered(spared):
    spared.clock.advance(minutes=GIVE_UP_MINUTES + minutes_paid(spared))
    spared.pass_minutes(10)

    (told,) = (body.replace("\n          ", " ") for body in bodies(spared, "in-part"))
    assert "nothing more of it is ordered" in told
    assert "$4.69, before this; what runs on is in no budget" in told


@pytest.mark.parametrize("later", [0, 24 * 60])
def test_one_that_is_whole_after_all_has_its_scaling_rules_back_and_is_closed(spared, later):
    spared.pass_minutes(GIVE_UP_MINUTES + later)
    one = spared.sagemaker.at("chat")
    one.is_half = False

    spared.pass_minutes(10)

    assert (state(spared), one.scaling) == (SleepState.CLOSED, True)
    assert len(resolutions(spared)) == 1


def test_one_that_may_be_ended_again_is_put_back_to_sleep(spared):
    spared.pass_minutes(GIVE_UP_MINUTES + 24 * 60)
    spared.config, spared.rules = replace(spared.config, endpoints=RULES), RULES

    spared.pass_minutes(10)

    assert state(spared) is SleepState.ASLEEP


def test_one_that_its_owner_deletes_ends_the_sleep(spared):
    spared.pass_minutes(GIVE_UP_MINUTES + 5)
    spared.sagemaker.delete("chat")

    spared.pass_minutes(15)

    assert state(spared) is SleepState.CLOSED


def test_a_mute_one_that_may_not_be_ended_is_closed_and_told_as_what_it_is(world):
    dry_run(world)
    world.sagemaker.mute.add("chat")
    world.sagemaker.refuses["finish", "chat"] = EndpointDenied("scaling: AccessDenied")
    world.wake("chat")
    world.pass_minutes(GIVE_UP_MINUTES + 5)

    assert (state(world), len(resolutions(world))) == (SleepState.LEFT, 1)
    assert world.notices.events == ["asleep", "overdue", "left"]
    (told,) = (body.replace("\n          ", " ") for body in bodies(world, "left"))
    assert "chat is awake, and does not answer its probe" in told
    assert "nothing is put to sleep by a dry run" in told
    assert "its scaling rules could not be put back" in told
