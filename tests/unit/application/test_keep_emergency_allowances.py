"""The sweep: what is set aside, what is given back, and what an outage has left behind."""

from datetime import timedelta

import pytest

from cost_sentry.application.config_document import config_from_document
from cost_sentry.application.emergency_ports import StoreUnavailable
from cost_sentry.application.expire_reservations import expire_reservations
from cost_sentry.domain.emergency import given_back
from cost_sentry.domain.errors import (
    InvariantViolated,
    LedgerBehind,
    LedgerContention,
    LedgerThrottled,
    LedgerUnavailable,
)
from tests.fakes.builders import budget, hold, reservation
from tests.fakes.emergencies import ALLOWANCE, ON_CHEAP, PURSE, Emergency, called

ONE = 2_000
"""What a slot of ``ALLOWANCE`` holds."""
COST = 300
"""Of a call that was settled."""
SLOTS = ALLOWANCE.calls_per_day


@pytest.fixture
def sentry():
    return Emergency()


# ---- set aside


def test_calls_are_set_aside_and_held_in_their_budget(sentry):
    done = sentry.sweep()

    assert (done.set_aside, done.problems) == (SLOTS, [])
    assert sentry.balance().pending == SLOTS * ONE
    assert len(sentry.store.slot_ids()) == SLOTS


def test_a_run_that_goes_on_over_midnight_sets_nothing_more_aside_in_the_day_that_ended(sentry):
    reserve = sentry.ledger.reserve

    def until_midnight(held):
        sentry.clock.advance(hours=12)
        return reserve(held)

    sentry.ledger.reserve = until_midnight

    assert sentry.sweep().set_aside == 1
    sentry.ledger.reserve = reserve
    assert sentry.sweep().set_aside == SLOTS
    assert sentry.balance().pending == SLOTS * ONE


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

    version, document, _ = sentry.store.config()
    assert config_from_document(document) == sentry.source.config
    assert sentry.store.calls.count("put_config") == 1
    sentry.apply(PURSE, allowances=(ALLOWANCE,), hold_seconds=999)
    sentry.sweep()
    assert sentry.store.config()[0] == sentry.source.config.version != version


def test_when_the_last_allowance_has_gone_the_mirror_says_so(sentry):
    sentry.sweep()
    sentry.apply(PURSE, allowances=())

    sentry.sweep()

    assert config_from_document(sentry.store.config()[1]).emergency_allowances == ()


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


def test_a_slot_that_ended_before_it_was_offered_is_replaced(sentry):
    reserve = sentry.ledger.reserve

    def lost_and_given_back(held):
        reserve(held)
        sentry.ledger.resolve(held, given_back(held.reserved_at))
        raise LedgerUnavailable("the answer was lost")

    sentry.ledger.reserve = lost_and_given_back
    sentry.sweep()
    sentry.ledger.reserve = reserve

    sentry.sweep()
    sentry.sweep()
    assert sentry.balance().pending == SLOTS * ONE
    assert len(sentry.store.slot_ids()) == SLOTS


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


@pytest.mark.parametrize("error", [LedgerContention("busy"), LedgerThrottled("too often")])
def test_a_ledger_that_is_busy_ends_the_run_so_that_the_rest_of_it_has_its_time(sentry, error):
    sentry.sweep()
    sentry.clock.advance(days=1)
    asked = []

    def busy(held, _how):
        asked.append(held)
        raise error

    sentry.ledger.resolve = busy

    assert sentry.sweep().problems == [str(error)]
    assert len(asked) == 1


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
