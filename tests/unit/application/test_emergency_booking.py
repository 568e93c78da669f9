"""What an outage has left behind: booked once, explained, and never given away."""

from dataclasses import replace

import pytest

from cost_sentry.application.emergency_ports import StoreUnavailable
from cost_sentry.application.explain_request import explain
from cost_sentry.domain.decision import ReasonCode
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.reservation import ReservationState
from tests.fakes.admissions import request
from tests.fakes.builders import hold, reservation
from tests.fakes.emergencies import ALLOWANCE, PURSE, Emergency, called

ONE = 2_000
"""What a slot of ``ALLOWANCE`` holds."""
COST = 300
"""Of a call that was settled."""
SLOTS = ALLOWANCE.calls_per_day


@pytest.fixture
def sentry():
    return Emergency()


def test_what_a_call_cost_in_the_outage_is_booked_afterwards(sentry):
    sentry.sweep()
    settled = sentry.settle(called(sentry))
    sentry.recover()

    done = sentry.sweep()

    assert settled.first
    assert (done.booked, done.problems) == (1, [])
    assert sentry.balance().posted == settled.resolved.resolution.cost_picodollars == COST
    assert sentry.balance().pending == ONE


def test_it_is_booked_once_however_often_the_run_dies_on_the_way(sentry):
    sentry.sweep()
    sentry.settle(called(sentry))
    sentry.recover()

    def dies(call, _done):
        if call == "delete_slot":
            raise StoreUnavailable("died")

    sentry.store.trouble = dies
    assert [sentry.sweep().problems for _ in range(2)] == [["died"], ["died"]]
    sentry.store.trouble = lambda _call, _done: None

    assert sentry.sweep().booked == 1
    assert sentry.balance().posted == COST


def test_a_call_that_did_not_run_costs_nothing(sentry):
    sentry.sweep()
    sentry.void(called(sentry))
    sentry.recover()

    assert sentry.sweep().booked == 1
    assert sentry.balance().posted == 0


def test_a_call_that_was_settled_in_the_ledger_itself_is_not_charged_again(sentry):
    sentry.sweep()
    decision = called(sentry)
    sentry.recover()
    sentry.settle(decision)
    assert sentry.sweep().booked == 0
    sentry.clock.advance(seconds=420)

    assert sentry.sweep().booked == 1
    assert sentry.balance().posted == COST


def test_a_call_of_unknown_end_is_charged_in_full_once_it_is_surely_over(sentry):
    sentry.sweep()
    called(sentry)
    sentry.recover()

    assert sentry.sweep().booked == 0
    sentry.clock.advance(seconds=420)
    assert sentry.sweep().booked == 1
    assert sentry.balance().posted == ONE


def test_who_settles_a_second_time_in_the_next_outage_hears_what_the_ledger_was_told(sentry):
    sentry.sweep()
    decision = called(sentry)
    sentry.recover()
    first = sentry.settle(decision)
    sentry.clock.advance(seconds=420)
    sentry.sweep()
    sentry.fall_silent()

    again = sentry.settle(decision)

    assert first.first
    assert not again.first
    assert again.resolved.resolution == first.resolved.resolution


def test_a_call_that_is_settled_while_it_is_charged_in_full_costs_what_it_cost(sentry):
    sentry.sweep()
    decision = called(sentry)
    sentry.recover()
    sentry.clock.advance(seconds=420)

    def settles(call, done):
        if call == "put_outcome" and not done:
            sentry.store.trouble = lambda _call, _done: None
            sentry.fall_silent()
            sentry.settle(decision)
            sentry.recover()

    sentry.store.trouble = settles
    assert sentry.sweep().booked == 1

    assert sentry.balance().posted == COST


def test_a_slot_that_was_used_is_used_for_that_day_also_when_the_allowance_changes(sentry):
    sentry.sweep()
    sentry.settle(called(sentry))
    sentry.recover()
    sentry.sweep()

    sentry.apply(PURSE, allowances=(replace(ALLOWANCE, output_tokens_max=50),))

    assert sentry.sweep().set_aside == SLOTS - 1


def test_a_call_is_explained_under_its_own_id_once_it_is_booked(sentry):
    sentry.sweep()
    sentry.settle(called(sentry))
    sentry.recover()
    sentry.sweep()
    sentry.log.write(sentry.ledger.entries)

    [told] = explain("r1", journal=sentry.log, books=sentry.ledger)

    assert (told.request_id, told.code) == ("r1", ReasonCode.EMERGENCY_ALLOWANCE)
    assert (told.state, told.cost_picodollars) == (ReservationState.SETTLED, COST)
    assert told.tags == {"team": "search", "application": "web"}
    assert [step.what for step in told.steps] == ["reserve", "settle"]


def lost_twice(sentry):
    """The ledger holds the call's own reservation too, and nobody heard of it."""
    own = reservation("r1", hold(50))
    reserve = sentry.ledger.reserve

    def lost(_held):
        reserve(own)
        sentry.ledger.reserve = reserve
        raise LedgerUnavailable("may be held", perhaps_held=own)

    sentry.ledger.reserve = lost
    decision = sentry.decide(request("r1"))
    assert own in sentry.ledger.pending()
    return decision, own


def test_what_the_ledger_held_besides_goes_back_once_the_slots_call_is_known_to_have_run(sentry):
    sentry.sweep()
    decision, own = lost_twice(sentry)
    sentry.ledger.down = True
    sentry.settle(decision)
    sentry.recover()

    sentry.sweep()

    assert own not in sentry.ledger.pending()
    assert sentry.balance().posted == COST


def test_it_stays_held_where_nobody_knows_which_of_the_two_was_used(sentry):
    sentry.sweep()
    _, own = lost_twice(sentry)
    sentry.clock.advance(seconds=420)

    assert sentry.sweep().booked == 1
    assert own in sentry.ledger.pending()


def test_a_second_hold_that_never_was_holds_nothing_up(sentry):
    sentry.sweep()

    def lost(_held):
        raise LedgerUnavailable("may be held", perhaps_held=reservation("r1", hold(50)))

    reserve, sentry.ledger.reserve = sentry.ledger.reserve, lost
    decision = sentry.decide(request("r1"))
    sentry.ledger.reserve = reserve
    sentry.ledger.down = True
    sentry.settle(decision)
    sentry.recover()

    assert (sentry.sweep().booked, sentry.balance().posted) == (1, COST)
