"""A wake that is refused: what refused it, and what a person can do about just that."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.application.wake_endpoint import WakeState
from cost_sentry.domain.endpoint_sleep import SleepState
from cost_sentry.domain.measure import Measure, MeasureKind
from tests.fakes.sleep_world import DOLLAR, PRICES, SleepWorld, bodies, put_to_sleep, state, wakes

UNTIL_NEXT = "raise that budget, or wait for its next window"


@pytest.fixture
def world():
    return SleepWorld()


def frozen(world, revision=1):
    now = world.clock.now()
    freeze = Measure(
        id=f"i-1-{revision}",
        kind=MeasureKind.FREEZE,
        scope={"team": "search"},
        made_at=now,
        until=now.replace(hour=23),
        why="incident i-1",
        undo="an owner lifts it",
    )
    world.config = replace(world.config, measures=(freeze,))


def uncovered(world):
    (of_team,) = world.config.budgets
    world.config = replace(world.config, budgets=(replace(of_team, scope={"team": "growth"}),))


def unpriced(world):
    world.prices = {}


def short(world):
    world.set_limit(DOLLAR // 2)


@pytest.mark.parametrize(
    ("happens", "event", "undo"),
    [
        (short, "refused-search-daily", UNTIL_NEXT),
        (frozen, "refused-i-1", "cost-sentry incidents lift i-1 --reason <why>\n"),
        (unpriced, "refused-unpriced", "endpoints.instancePrices in sentry.yaml"),
        (uncovered, "refused-uncovered", "add a budget in dollars for its tags"),
    ],
)
def test_a_refused_wake_says_what_a_person_can_do_about_just_that(world, happens, event, undo):
    put_to_sleep(world)
    happens(world)

    world.wake("chat")

    assert state(world) is SleepState.ASLEEP
    (body,) = bodies(world, event)
    assert undo in body
    assert (UNTIL_NEXT in body) is (happens is short)


def test_each_kind_of_refusal_is_told_and_each_once(world):
    put_to_sleep(world)
    for happens in (unpriced, uncovered):
        for _ in range(2):
            happens(world)
            world.wake("chat")
            world.pass_minutes(20)
            world.prices = PRICES

    assert world.notices.events == ["asleep", "refused-unpriced", "refused-uncovered"]


def test_the_first_sleep_says_by_which_command_it_is_woken(world):
    put_to_sleep(world)

    (body,) = bodies(world, "asleep")
    assert "Undo:     cost-sentry endpoint wake chat" in body.splitlines()[:5]


def test_an_incident_that_goes_on_is_told_once_however_often_its_freeze_is_prolonged(world):
    put_to_sleep(world)
    for revision in range(5):
        frozen(world, revision)
        world.wake("chat")
        world.pass_minutes(60)

    assert world.notices.events == ["asleep", "refused-i-1"]


def test_a_person_who_raised_the_budget_is_not_told_the_old_refusal(world):
    put_to_sleep(world)
    short(world)
    world.wake("chat")
    world.set_limit(10 * DOLLAR)

    by_others = world.wake("chat")
    by_hand = world.wake("chat", asks_budgets_again=True)

    assert by_others.state is WakeState.ASLEEP
    assert by_hand.state is WakeState.WAKING


def test_a_wake_that_failed_waits_for_its_next_try_also_for_a_person(world):
    put_to_sleep(world)
    world.sagemaker.fails = lambda _name: True
    world.wake("chat")
    while not world.records.kept["chat"].failures:
        world.pass_minutes(5)
    tries = wakes(world)

    world.records.kept["chat"] = replace(
        world.records.kept["chat"], not_before=world.clock.now() + timedelta(minutes=9)
    )
    world.wake("chat", asks_budgets_again=True)

    assert wakes(world) == tries
