"""The sweep: what is set aside, what is given back, and what an outage has left behind."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from cost_sentry.application.config_document import config_from_document
from cost_sentry.application.emergency_ports import StoreUnavailable
from cost_sentry.application.expire_reservations import expire_reservations
from cost_sentry.application.explain_request import explain
from cost_sentry.domain.decision import ReasonCode
from cost_sentry.domain.emergency import given_back
from cost_sentry.domain.errors import InvariantViolated, LedgerBehind, LedgerUnavailable
from cost_sentry.domain.reservation import ReservationState
from tests.fakes.admissions import request
from tests.fakes.builders import budget, hold, reservation
from tests.fakes.emergencies import ALLOWANCE, ON_CHEAP, PURSE, Emergency

ONE = 2_000
"""What a slot of ``ALLOWANCE`` holds."""
COST = 300
"""Of a call that was settled."""
SLOTS = ALLOWANCE.calls_per_day


@pytest.fixture
def sentry():
    return Emergency()


def called(sentry, request_id="r1", attempt="e1.i1"):
    """A decision that a slot pays for, while the ledger is silent."""
    sentry.fall_silent()
    decision = sentry.decide(request(request_id), attempt)
    assert decision.code is ReasonCode.EMERGENCY_ALLOWANCE
    return decision


# ---- set aside


def test_calls_are_set_aside_and_held_in_their_budget(sentry):
    done = sentry.sweep()

    assert (done.set_aside, done.problems) == (SLOTS, [])
    assert sentry.balance().pending == SLOTS * ONE
    assert len(sentry.store.slot_ids()) == SLOTS


def test_a_second_run_finds_them_and_does_nothing(sentry):
    sentry.sweep()
    entries, sentry.store.calls = len(sentry.ledger.entries), []

    assert sentry.sweep().changes == 0
    assert len(sentry.ledger.entries) == entries
    assert sentry.store.calls == ["slot_ids", "config", "claims"]


def test_without_an_allowance_a_run_costs_one_listing_and_changes_nothing():
    sentry = Emergency(allowances=())

    assert sentry.sweep().changes == 0
    assert sentry.store.calls == ["slot_ids"]


def test_the_configuration_is_mirrored_once_for_each_version(sentry):
    sentry.sweep()
    sentry.sweep()

    version, document = sentry.store.config()
    assert config_from_document(document) == sentry.source.config
    assert sentry.store.calls.count("put_config") == 1
    sentry.apply(PURSE, allowances=(ALLOWANCE,), hold_seconds=999)
    sentry.sweep()
    assert sentry.store.config()[0] == sentry.source.config.version != version


def test_a_run_that_died_between_ledger_and_store_is_made_good_by_the_next(sentry):
    def dies(call, done):
        if call == "put_slot" and not done:
            raise StoreUnavailable("died")

    sentry.store.trouble = dies
    assert sentry.sweep().problems == ["died"]
    sentry.store.trouble = lambda _call, _done: None

    assert sentry.sweep().set_aside == SLOTS
    assert sentry.balance().pending == SLOTS * ONE


def test_a_budget_that_cannot_set_all_of_them_aside_is_reported_and_holds_the_rest():
    purse = budget("search-daily", ONE + 1)
    sentry = Emergency(purse)

    done = sentry.sweep()

    assert done.set_aside == 1
    [problem] = done.problems
    assert problem == (
        "emergency allowance outage: budget search-daily has too little left to set 1 of its 2"
        " calls aside"
    )


def test_one_allowance_that_cannot_be_held_does_not_hold_up_another():
    sentry = Emergency(budget("search-daily", ONE), allowances=(ALLOWANCE, ON_CHEAP))
    sentry.ledger.reserve(reservation("r0", hold(1_000)))

    done = sentry.sweep()

    assert done.set_aside == 2
    assert len(done.problems) == 1


def test_a_run_does_no_more_than_its_bound(sentry):
    assert [sentry.sweep(changes_max=1).changes for _ in range(3)] == [1, 1, 0]


def test_a_slot_that_ended_before_it_was_offered_is_not_used_again(sentry):
    reserve = sentry.ledger.reserve

    def lost_and_given_back(held):
        reserve(held)
        sentry.ledger.resolve(held, given_back(held.reserved_at))
        raise LedgerUnavailable("the answer was lost")

    sentry.ledger.reserve = lost_and_given_back
    sentry.sweep()
    sentry.ledger.reserve = reserve

    assert sentry.sweep().set_aside == SLOTS - 1
    assert sentry.balance().pending == (SLOTS - 1) * ONE


# ---- given back


def test_the_next_day_yesterdays_calls_go_back_and_new_ones_are_set_aside(sentry):
    sentry.sweep()
    yesterday = sentry.store.slot_ids()
    sentry.clock.advance(days=1)

    done = sentry.sweep()

    assert (done.given_back, done.set_aside) == (SLOTS, SLOTS)
    assert not {*yesterday} & {*sentry.store.slot_ids()}
    assert sentry.ledger.balance(PURSE, "2026-11-21").left == PURSE.limit


@pytest.mark.parametrize(
    "allowances", [(), (replace(ALLOWANCE, output_tokens_max=50),), (ON_CHEAP,)]
)
def test_calls_that_are_not_wanted_any_more_go_back(sentry, allowances):
    sentry.sweep()
    before = sentry.store.slot_ids()
    sentry.apply(PURSE, allowances=allowances)

    assert sentry.sweep().given_back == SLOTS
    assert not {*before} & {*sentry.store.slot_ids()}


def test_calls_that_were_quoted_from_another_price_book_go_back(sentry):
    sentry.sweep()
    sentry.book.version = "2026-11-22+later"

    done = sentry.sweep()

    assert (done.given_back, done.set_aside) == (SLOTS, SLOTS)
    assert {held.price_version for held in sentry.ledger.pending()} == {"2026-11-22+later"}


def test_fewer_calls_a_day_give_back_only_the_rest(sentry):
    sentry.sweep()
    sentry.apply(PURSE, allowances=(replace(ALLOWANCE, calls_per_day=1),))

    done = sentry.sweep()

    assert (done.given_back, done.set_aside) == (1, 0)


def test_a_budget_whose_day_ends_elsewhere_gets_its_calls_anew_and_no_more_than_a_days():
    tokyo = budget("search-daily", 10_000, time_zone=ZoneInfo("Asia/Tokyo"))
    sentry = Emergency(tokyo)
    sentry.sweep()
    sentry.settle(called(sentry))
    sentry.recover()
    sentry.clock.advance(hours=4)

    done = sentry.sweep()

    assert (done.booked, done.given_back, done.set_aside) == (1, 1, 1)
    sentry.settle(called(sentry, "r2", "e2.i1"))
    sentry.recover()
    assert sentry.sweep().set_aside == 0


def test_no_clock_decides_between_a_call_and_the_sweep(sentry):
    sentry.sweep()
    seen = []

    def call_comes_first(call, done):
        if call == "claim" and not done and not seen:
            seen.append(None)
            sentry.clock.advance(hours=-12)
            seen[0] = called(sentry)
            sentry.recover()
            sentry.clock.advance(hours=12)

    sentry.clock.advance(hours=12)
    sentry.store.trouble = call_comes_first
    done = sentry.sweep()

    assert done.given_back == SLOTS - 1
    assert seen[0].reservation in sentry.ledger.pending()


def test_a_run_that_died_after_its_claim_is_made_good_by_the_next(sentry):
    sentry.sweep()
    sentry.clock.advance(days=1)

    def silent(_held, _how):
        raise LedgerUnavailable("silent")

    resolve, sentry.ledger.resolve = sentry.ledger.resolve, silent
    assert sentry.sweep().problems == ["silent"]
    sentry.ledger.resolve = resolve

    assert sentry.sweep().given_back == SLOTS


# ---- booked


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


# ---- faults


def test_a_silent_ledger_ends_the_run_and_nothing_is_lost(sentry):
    sentry.sweep()
    sentry.fall_silent()

    assert sentry.sweep().problems == ["the table did not answer"]
    sentry.source.down = False
    sentry.clock.advance(days=1)
    assert sentry.sweep().problems == ["the ledger is down"]
    sentry.recover()
    assert sentry.sweep().problems == []
    assert sentry.ledger.balance(PURSE, "2026-11-21").left == PURSE.limit


@pytest.mark.parametrize(
    "error", [InvariantViolated("P4: it is not pending"), LedgerBehind("busy")]
)
def test_one_slot_that_cannot_be_resolved_does_not_hold_up_the_others(sentry, error):
    sentry.sweep()
    first, second = sentry.store.slot_ids()
    sentry.clock.advance(days=1)
    resolve = sentry.ledger.resolve

    def stubborn(held, how):
        if held.request_id == first:
            raise error
        return resolve(held, how)

    sentry.ledger.resolve = stubborn
    done = sentry.sweep()

    assert done.problems == [f"{first}: {error}"]
    assert done.given_back == 1
    assert second not in sentry.store.slot_ids()


# ---- overdue


def test_a_slot_that_was_lost_on_its_way_to_the_store_is_given_back_when_it_is_overdue(sentry):
    def dies(call, _done):
        if call == "put_slot":
            raise StoreUnavailable("died")

    sentry.store.trouble = dies
    sentry.sweep()
    sentry.store.trouble = lambda _call, _done: None
    sentry.clock.advance(days=2)

    expire_reservations(ledger=sentry.ledger, clock=sentry.clock, batch_max=10, store=sentry.store)

    assert sentry.ledger.pending() == []
    assert sentry.ledger.balance(PURSE, "2026-11-21").posted == 0


def test_a_slot_that_a_call_has_is_charged_in_full_when_it_is_overdue(sentry):
    sentry.sweep()
    called(sentry)
    sentry.recover()
    sentry.clock.time += timedelta(days=2)

    done = expire_reservations(
        ledger=sentry.ledger, clock=sentry.clock, batch_max=10, store=sentry.store
    )

    assert done.expired == SLOTS
    assert sentry.ledger.balance(PURSE, "2026-11-21").posted == ONE
