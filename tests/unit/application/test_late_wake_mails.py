"""Mails of a wake that is late say what is done and charged, and nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.application.late_wakes import POSTED_BEFORE
from cost_sentry.domain.endpoint import EndpointKind, EndpointState
from cost_sentry.domain.endpoint_sleep import SleepState
from cost_sentry.domain.reservation import ReservationState, Resolution
from tests.fakes.sleep_world import RULES, SleepWorld, bodies, put_to_sleep, state

LATE_MINUTES = RULES.give_up_after // timedelta(minutes=1)


@pytest.fixture
def world() -> SleepWorld:
    """A wake at 12:05 that hangs; SageMaker lets it be taken back."""
    world = SleepWorld()
    put_to_sleep(world)
    world.sagemaker.seconds = lambda _name, verb: 60 if verb == "sleep" else 365 * 86_400
    world.sagemaker.clings = lambda _name: False
    world.wake("chat")
    return world


def told(world: SleepWorld, event: str) -> str:
    (body,) = bodies(world, event)
    return " ".join(body.split())


def stand_still(world: SleepWorld, *, until_expired: bool) -> None:
    """No run until its time should have been posted, or even until its reservation has expired."""
    world.pass_minutes(20)
    held = world.records.kept["chat"].held
    if not until_expired:
        world.clock.time = held.expires_at - POSTED_BEFORE - timedelta(minutes=5)
        return
    world.clock.time = held.expires_at + timedelta(minutes=5)
    expired = Resolution(
        state=ReservationState.EXPIRED,
        resolved_at=world.clock.now(),
        cost_picodollars=held.quote_picodollars,
        total_tokens=0,
        usage=None,
        estimated=True,
        reason="expired",
    )
    world.ledger.resolve(held, expired)


def test_a_wake_that_failed_by_its_deadline_is_told_with_its_time_and_who_posts_it(world):
    world.pass_minutes(LATE_MINUTES)

    failed = told(world, "wake-failed")
    assert "Charged: its 60 minutes, and what it held at least" in failed
    assert "or only what it held if none comes before 2026-11-21 14:35 UTC" in failed


def test_a_wake_that_was_posted_before_it_ended_is_told_with_what_was_posted(world):
    stand_still(world, until_expired=False)
    world.pass_minutes(10)

    (ended,) = (entry.resolution for entry in world.ledger.entries if entry.resolution)
    failed = told(world, "wake-failed")
    assert ended.cost_picodollars == 135 * 1_408 * 10**9 // 60
    assert "Charged: $3.17 of its 135 minutes, before it ended" in failed


def test_a_wake_whose_reservation_had_expired_is_told_with_what_was_held(world):
    stand_still(world, until_expired=True)
    world.pass_minutes(10)

    assert state(world) is SleepState.ASLEEP
    assert "Charged: $0.704 of its 160 minutes, before it ended; the rest" in told(
        world, "wake-failed"
    )


def test_the_next_wake_that_fails_is_told_with_its_own_time(world):
    stand_still(world, until_expired=True)
    world.pass_minutes(10)
    world.clock.advance(minutes=24 * 60)
    world.wake("chat")
    world.pass_minutes(LATE_MINUTES + 5)

    (again,) = bodies(world, "wake-fails")
    assert "Charged:  its 60 minutes" in again


def test_one_that_hangs_is_told_until_when_its_time_is_charged(world):
    world.sagemaker.clings = lambda _name: True
    world.pass_minutes(LATE_MINUTES)

    hangs = told(world, "hangs")
    assert "its end is ordered again every five minutes" in hangs
    assert "Charged: its time until about 2026-11-21 14:20 UTC; what runs on" in hangs


def test_one_that_hangs_and_is_posted_is_told_that_it_costs_on_in_no_budget(world):
    world.sagemaker.clings = lambda _name: True
    stand_still(world, until_expired=True)
    world.pass_minutes(10)

    assert "Charged: $0.704, before this; what runs on is in no budget" in told(world, "hangs")


def test_one_that_is_overdue_is_told_whether_it_will_be_put_back_to_sleep(world):
    world.pass_minutes(35)

    assert "if this goes on it is put back to sleep" in told(world, "overdue")
    assert "Left:" not in told(world, "overdue")


def test_one_that_is_overdue_and_may_not_be_ended_is_told_that_it_is_left(world):
    world.rules = replace(RULES, is_dry_run=True)
    world.pass_minutes(35)

    overdue = told(world, "overdue")
    assert "if this goes on it is left as it is" in overdue
    assert "Left: nothing is put to sleep by a dry run" in overdue


def test_a_tag_of_the_endpoint_that_is_there_counts(world):
    world.sagemaker.real["chat"].tags = {"team": "search"}
    world.pass_minutes(35)

    assert "Left: it does not carry the tag" in told(world, "overdue")


@pytest.mark.parametrize("kind", list(EndpointKind))
def test_a_mute_one_that_is_left_is_told_with_what_was_posted(kind):
    world = SleepWorld()
    put_to_sleep(world, kind=kind)
    world.rules = replace(RULES, is_dry_run=True)
    world.sagemaker.mute.add("chat")
    world.wake("chat")
    world.pass_minutes(LATE_MINUTES + 5)

    assert world.sagemaker.at("chat").state is EndpointState.IN_SERVICE
    assert "Charged: $1.41; nobody knows when instances ran" in told(world, "left")
