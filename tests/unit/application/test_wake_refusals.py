"""A wake that is refused: what refused it, and what a person can do about just that."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.application.endpoint_ports import EndpointDenied
from cost_sentry.application.wake_endpoint import WakeState
from cost_sentry.domain.endpoint_sleep import SleepState
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.measure import Measure, MeasureKind
from cost_sentry.domain.reservation import ReservationState, Resolution
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
        (frozen, "refused-i-1", "cost-sentry incidents lift i-1 --reason 'all is well'\n"),
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


class Lost:
    """A ledger that does what it is told, and whose answers to ``reserve`` are lost."""

    def __init__(self, ledger) -> None:
        self.ledger = ledger

    def __getattr__(self, verb):
        return getattr(self.ledger, verb)

    def reserve(self, reservation):
        self.ledger.reserve(reservation)
        raise LedgerUnavailable("no answer")


def held_and_lost(world) -> None:
    put_to_sleep(world)
    with pytest.raises(LedgerUnavailable):
        world.wake("chat", ledger=Lost(world.ledger))
    assert len(world.ledger.pending()) == 1


def given_back(world) -> list[ReservationState]:
    return [entry.resolution.state for entry in world.ledger.entries if entry.resolution]


@pytest.mark.parametrize("happens", [frozen, unpriced, uncovered])
@pytest.mark.parametrize("is_by_a_caller", [True, False])
def test_what_a_lost_answer_holds_is_given_back_while_the_wake_is_refused(
    world, happens, is_by_a_caller
):
    held_and_lost(world)
    happens(world)

    if is_by_a_caller:
        world.wake("chat")
    else:
        world.pass_minutes(5)

    assert state(world) is SleepState.ASLEEP
    assert world.ledger.pending() == []
    assert given_back(world) == [ReservationState.VOIDED]


def test_what_a_lost_answer_holds_is_given_back_when_nobody_wants_the_wake_any_more(world):
    held_and_lost(world)
    world.clock.advance(minutes=121)

    world.pass_minutes(5)

    assert (state(world), world.ledger.pending()) == (SleepState.ASLEEP, [])


def test_what_a_lost_answer_held_until_it_expired_is_not_charged(world):
    held_and_lost(world)
    (held,) = world.ledger.pending()
    world.clock.advance(minutes=24 * 60 - 60)
    expired = Resolution(
        state=ReservationState.EXPIRED,
        resolved_at=world.clock.now(),
        cost_picodollars=held.quote_picodollars,
        total_tokens=0,
        usage=None,
        estimated=True,
        reason="nobody resolved it",
    )
    world.ledger.resolve(held, expired)

    world.pass_minutes(5)

    assert state(world) is SleepState.ASLEEP
    assert world.ledger.entries[-1].resolution.cost_picodollars == 0


def test_a_wake_whose_answer_was_lost_is_paid_for_once_and_woken(world):
    held_and_lost(world)

    world.pass_minutes(20)

    assert state(world) is SleepState.CLOSED
    assert world.ledger.pending() == []
    assert given_back(world) == [ReservationState.VOIDED, ReservationState.SETTLED]


@pytest.mark.parametrize("happens", [frozen, unpriced, uncovered])
def test_a_wake_that_no_budget_is_asked_for_asks_no_ledger_either(world, happens):
    put_to_sleep(world)
    happens(world)
    world.ledger.down = True

    for _ in range(3):
        world.wake("chat")
        world.pass_minutes(10)

    assert world.records.kept["chat"].is_put_off
    assert world.records.kept["chat"].sleeps_well


def test_one_that_may_not_be_looked_at_gets_back_what_a_lost_answer_holds(world):
    held_and_lost(world)
    world.sagemaker.refuses["look", "chat"] = EndpointDenied("AccessDenied")

    world.pass_minutes(5)

    assert world.ledger.pending() == []
