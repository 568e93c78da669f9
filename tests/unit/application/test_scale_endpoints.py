"""Sleeping and waking by schedule, and every fault that can come between."""

from datetime import timedelta

import pytest

from cost_sentry.application.endpoint_ports import (
    EndpointDenied,
)
from cost_sentry.domain.endpoint import EndpointKind
from cost_sentry.domain.endpoint_rules import EndpointRules
from cost_sentry.domain.endpoint_sleep import SleepState
from cost_sentry.domain.reservation import ReservationState
from tests.fakes.sleep_world import DOLLAR, RULES, SleepWorld, put_to_sleep, state

KINDS = list(EndpointKind)


@pytest.fixture
def world() -> SleepWorld:
    return SleepWorld()


@pytest.mark.parametrize("kind", KINDS)
def test_an_idle_endpoint_sleeps_and_its_snapshot_was_verified_before(world, kind):
    verified = []
    world.sagemaker.watch = lambda _verb, snapshot: verified.append(
        (state(world), world.records.kept["chat"].snapshot == snapshot)
    )

    put_to_sleep(world, kind=kind)

    assert verified == [(SleepState.FALLING_ASLEEP, True)]
    assert world.notices.events == ["asleep"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_sleep_is_closed_only_after_the_endpoint_answered(world, kind):
    put_to_sleep(world, kind=kind)
    world.wake("chat")
    world.sagemaker.real["chat"].is_mute = True
    world.pass_minutes(20)
    assert state(world) is SleepState.RESTORING

    world.sagemaker.real["chat"].is_mute = False
    world.pass_minutes(5)

    assert state(world) is SleepState.CLOSED
    assert world.sagemaker.probes[-1] == ("chat", True)
    assert world.sagemaker.real["chat"].scaling


@pytest.mark.parametrize("kind", KINDS)
def test_a_wake_is_paid_for_out_of_the_budget_once(world, kind):
    put_to_sleep(world, kind=kind)
    for _ in range(3):
        world.wake("chat")
    world.pass_minutes(20)

    (held, ended) = world.ledger.entries
    assert held.reservation.quote_picodollars == 704 * DOLLAR // 1000
    assert ended.resolution.state is ReservationState.SETTLED
    assert ended.resolution.cost_picodollars == held.reservation.quote_picodollars


def test_a_wake_that_the_budget_cannot_pay_is_refused_told_once_and_made_good_later(world):
    world.set_limit(DOLLAR // 2)
    put_to_sleep(world)

    answers = [world.wake("chat") for _ in range(3)]
    world.pass_minutes(20)

    assert {answer.state.value for answer in answers} == {"ASLEEP"}
    assert "budget search-daily has 0.50 of 0.50 USD left" in answers[-1].reason
    assert state(world) is SleepState.ASLEEP
    assert world.notices.events == ["asleep", "refused-search-daily"]
    assert [verb for _, verb, _ in world.sagemaker.deeds] == ["sleep"]

    world.set_limit(10 * DOLLAR)
    world.pass_minutes(15)

    assert state(world) is SleepState.CLOSED


def test_an_endpoint_that_no_budget_covers_is_never_put_to_sleep(world):
    world.sagemaker.make("chat", tags={"cost-sentry:scale-to-zero": "yes", "team": "nobody"})

    report = world.run()

    assert "no budget in dollars" in world.reasons(report)["chat"][1]
    assert world.sagemaker.deeds == []


def test_components_wake_when_they_are_called_in_vain(world):
    put_to_sleep(world, kind=EndpointKind.COMPONENTS)

    assert not world.sagemaker.call("chat")
    world.pass_minutes(10)

    assert state(world) is SleepState.CLOSED
    assert world.sagemaker.call("chat")


def test_a_dry_run_plans_and_does_nothing():
    world = SleepWorld(rules=EndpointRules(is_dry_run=True))
    world.sagemaker.make("chat")

    report = world.run()

    assert world.reasons(report)["chat"][0] == "sleep"
    assert (report.slept, world.sagemaker.deeds, world.records.kept) == ([], [], {})


def test_a_dry_run_still_wakes_what_sleeps(world):
    put_to_sleep(world)
    world.rules = EndpointRules(is_dry_run=True)
    world.records.want("chat", world.clock.now())

    world.pass_minutes(10)

    assert state(world) is SleepState.CLOSED


def test_it_stays_awake_for_the_time_that_was_paid_for(world):
    put_to_sleep(world)
    world.wake("chat")
    world.pass_minutes(10)
    closed_at = world.records.kept["chat"].since

    world.pass_minutes(60)

    slept_again_at = world.sagemaker.deeds[-1][0]
    assert world.sagemaker.deeds[-1][1] == "sleep"
    assert slept_again_at - closed_at >= timedelta(minutes=RULES.up_minutes_min)


def test_every_mail_says_the_four_things_uncut_in_its_first_lines():
    world = SleepWorld(limit=DOLLAR // 2)
    put_to_sleep(world)
    world.wake("chat")
    world.set_limit(10 * DOLLAR)
    fails = iter([True])
    world.sagemaker.fails = lambda _name: next(fails, False)
    world.sagemaker.seconds = lambda _name, verb: 60 if verb == "sleep" else 3600
    world.sagemaker.refuses["put_to_sleep", "chat"] = EndpointDenied("no")
    world.pass_minutes(360)

    events = {event.partition("-")[0] for event in world.notices.events}
    assert events == {"asleep", "refused", "overdue", "wake", "woke", "abandoned"}
    for notice in world.notices.notices.values():
        first = notice.body.splitlines()[:4]
        assert [line.partition(":")[0] for line in first] == ["What", "Whose", "Done", "Undo"]
        assert not [line for line in first if line.endswith("...")]
        assert notice.recipients == ("search@example.com",)
