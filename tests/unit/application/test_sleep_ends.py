"""Sleeps that their owners end, who is looked at when, and what is told of what was saved."""

import pytest

from cost_sentry.application.endpoint_ports import EndpointThrottled
from cost_sentry.application.endpoint_problems import ProblemKind
from cost_sentry.domain.endpoint import EndpointKind, EndpointState
from cost_sentry.domain.endpoint_saving import Saving
from cost_sentry.domain.endpoint_sleep import SleepState
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.reservation import ReservationState
from tests.fakes.sleep_world import (
    SleepWorld,
    Watched,
    bodies,
    put_to_sleep,
    state,
    wakes,
)

KINDS = list(EndpointKind)


@pytest.fixture
def world() -> SleepWorld:
    return SleepWorld()


@pytest.mark.parametrize("kind", KINDS)
def test_an_endpoint_that_its_owner_made_anew_ends_the_sleep_within_a_run(world, kind):
    put_to_sleep(world, kind=kind)
    world.pass_minutes(600)
    made_at = world.clock.now()
    made = world.sagemaker.make("chat", kind, made_at=made_at, scaling=False)

    (report,) = world.pass_minutes(5)

    assert report.ended == ["chat"]
    assert state(world) is SleepState.CLOSED
    assert not made.scaling, "what its owner made is left as it is"
    record = world.records.kept["chat"]
    assert record.this.seconds == (made_at - record.slept_at).total_seconds()
    (body,) = bodies(world, "closed")
    assert "10.0 hours" in body
    assert "$14.08" in body


def test_an_endpoint_that_its_owner_made_anew_sleeps_again_when_it_is_idle(world):
    put_to_sleep(world)
    first = world.records.kept["chat"].cycle
    world.pass_minutes(60)
    world.sagemaker.make("chat", made_at=world.clock.now())

    world.pass_minutes(60)

    assert state(world) is SleepState.ASLEEP
    assert world.records.kept["chat"].cycle == first + 1


def test_an_endpoint_under_a_forgotten_name_is_told_of_and_woken_as_any_new_one(world):
    put_to_sleep(world)
    world.pass_minutes(60)
    forgotten = world.records.kept.pop("chat")

    put_to_sleep(world)

    assert world.records.kept["chat"].wake_id != forgotten.wake_id
    assert world.notices.events == ["asleep", "asleep"]


def test_components_that_their_owner_scales_up_end_the_sleep_and_get_their_rules_back(world):
    put_to_sleep(world, kind=EndpointKind.COMPONENTS)
    world.pass_minutes(60)
    one = world.sagemaker.real["chat"]
    one.state, one.changed_at = EndpointState.IN_SERVICE, world.clock.now()

    world.pass_minutes(5)

    assert state(world) is SleepState.CLOSED
    assert world.records.kept["chat"].reason == "somebody else woke it"
    assert one.scaling
    assert world.records.kept["chat"].this.seconds == 3_600


def test_an_endpoint_with_components_that_its_owner_deleted_ends_the_sleep_within_a_run(world):
    put_to_sleep(world, kind=EndpointKind.COMPONENTS)
    world.sagemaker.delete("chat")

    world.pass_minutes(5)

    assert (state(world), wakes(world)) == (SleepState.CLOSED, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_who_sleeps_on_is_looked_after_without_a_write_and_by_one_list(world, kind):
    for number in range(5):
        put_to_sleep(world, f"e{number}", kind)
    before, watched = dict(world.records.kept), Watched(world.sagemaker)

    for _ in range(12):
        world.clock.advance(minutes=5)
        world.run(endpoints=watched)

    assert world.records.kept == before
    assert [verb for verb, _ in watched.asked] == ["listed", "named"] * 12


def test_a_list_that_cannot_be_had_keeps_nobody_from_being_woken(world):
    put_to_sleep(world)
    world.sagemaker.refuses["listed", ""] = EndpointThrottled("slow down")
    world.records.want("chat", world.clock.now())

    reports = world.pass_minutes(15)

    assert state(world) is SleepState.CLOSED
    assert reports[0].problems[0].kind is ProblemKind.THROTTLED


def test_a_record_that_cannot_be_read_holds_up_no_other_and_is_left_alone(world):
    for name in ("a", "b"):
        world.sagemaker.make(name)
    world.records.unreadable = ["a"]

    report = world.run()

    assert report.slept == ["b"]
    assert [(one.of, one.kind) for one in report.problems] == [("a", ProblemKind.RECORD)]


def test_throttled_looks_starve_nobody_whatever_its_name(world):
    names = [f"e{number:02d}" for number in range(20)]
    for name in names:
        world.sagemaker.make(name)
    seen = set()
    world.sagemaker.calls = {name: [(world.clock.now(), world.clock.now())] for name in names}
    for _ in range(40):
        watched = Watched(world.sagemaker, looks_max=5)
        seen |= {one.endpoint for one in world.run(endpoints=watched).planned}
        world.clock.advance(minutes=5)
        world.sagemaker.calls = {name: [(world.clock.now(), world.clock.now())] for name in names}

    assert seen == set(names)


def test_the_mail_of_a_wake_says_what_its_sleep_has_saved_and_all_this_month_and_in_all(world):
    put_to_sleep(world)
    world.pass_minutes(600)
    world.wake("chat")
    world.pass_minutes(10)
    world.pass_minutes(60)
    assert state(world) is SleepState.ASLEEP
    world.clock.advance(minutes=7 * 24 * 60)
    world.wake("chat")
    world.pass_minutes(10)

    first, second = bodies(world, "woke")

    assert "Done:     it slept 10.0 hours, and saved $14.08 by list prices" in first
    record = world.records.kept["chat"]
    assert record.months == {
        "2026-11": Saving(
            seconds=record.total.seconds, saved_picodollars=record.total.saved_picodollars
        )
    }
    assert "In 2026-11:" in second
    assert "and 2 sleeps" in second


def test_what_a_lost_answer_of_the_ledger_holds_is_given_back_when_its_owner_ends_the_sleep(world):
    put_to_sleep(world)
    reserve = world.ledger.reserve

    def held_and_lost(reservation):
        reserve(reservation)
        raise LedgerUnavailable("no answer")

    world.ledger.reserve = held_and_lost
    with pytest.raises(LedgerUnavailable):
        world.wake("chat")
    world.ledger.reserve = reserve
    world.sagemaker.make("chat", made_at=world.clock.now(), content="another")

    world.pass_minutes(5)

    assert state(world) is SleepState.CLOSED
    assert not world.ledger.pending()
    ended = [entry.resolution for entry in world.ledger.entries if entry.resolution]
    assert [one.state for one in ended] == [ReservationState.VOIDED]


def test_a_sleep_that_nobody_tried_to_end_holds_nothing_and_asks_no_ledger_when_it_ends(world):
    put_to_sleep(world)
    world.sagemaker.make("chat", made_at=world.clock.now())

    world.pass_minutes(5)

    assert (state(world), world.ledger.entries) == (SleepState.CLOSED, [])


def test_an_endpoint_made_anew_at_the_moment_of_its_deletion_is_left_to_its_owner(world):
    world.sagemaker.make("chat")
    world.run()
    assert state(world) is SleepState.FALLING_ASLEEP
    made = world.sagemaker.make("chat", made_at=world.clock.now(), scaling=False)

    world.pass_minutes(5)

    assert state(world) is SleepState.ABANDONED
    assert not made.scaling


def test_an_endpoint_that_its_owner_changes_before_it_answered_is_left_to_him_and_paid_for(world):
    put_to_sleep(world)
    world.sagemaker.mute.add("chat")
    world.wake("chat")
    world.pass_minutes(10)
    world.sagemaker.real["chat"].content = "second"

    world.pass_minutes(5)

    assert world.sagemaker.real["chat"].content == "second"
    ended = [entry.resolution for entry in world.ledger.entries if entry.resolution]
    assert ended[0].state is ReservationState.SETTLED
    assert "made it otherwise" in bodies(world, "closed")[0].replace("\n          ", " ")
