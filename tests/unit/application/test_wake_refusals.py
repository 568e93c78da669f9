"""A wake that is refused: what refused it, and what a person can do about just that."""

from dataclasses import replace

import pytest

from cost_sentry.domain.endpoint_sleep import SleepState
from cost_sentry.domain.measure import Measure, MeasureKind
from tests.fakes.sleep_world import DOLLAR, PRICES, SleepWorld, bodies, put_to_sleep, state

UNTIL_NEXT = "raise that budget, or wait for its next window"


@pytest.fixture
def world():
    return SleepWorld()


def frozen(world):
    now = world.clock.now()
    freeze = Measure(
        id="i-1",
        kind=MeasureKind.FREEZE,
        scope={"team": "search"},
        made_at=now,
        until=now.replace(hour=23),
        why="incident i-1",
        undo="cost-sentry incidents lift i-1",
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
        (frozen, "refused-i-1", "cost-sentry incidents lift i-1"),
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
    assert "cost-sentry endpoint wake chat" in body
