"""Calls that were set aside and are not wanted any more: given back, and to no call as well."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from cost_sentry.domain.decision import ReasonCode
from cost_sentry.domain.emergency import TURNS_MAX
from cost_sentry.domain.errors import LedgerUnavailable
from tests.fakes.builders import budget
from tests.fakes.emergencies import ALLOWANCE, ON_CHEAP, PURSE, Emergency, called

ONE = 2_000
"""What a slot of ``ALLOWANCE`` holds."""
COST = 300
"""Of a call that was settled."""
SLOTS = ALLOWANCE.calls_per_day


@pytest.fixture
def sentry():
    return Emergency()


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


def test_an_allowance_that_is_taken_away_and_given_again_has_its_calls_the_same_day(sentry):
    for _ in range(TURNS_MAX - 1):
        sentry.sweep()
        sentry.apply(PURSE, allowances=())
        assert sentry.sweep().given_back == SLOTS
        sentry.apply(PURSE, allowances=(ALLOWANCE,))
        assert sentry.sweep().set_aside == SLOTS

    assert called(sentry).code is ReasonCode.EMERGENCY_ALLOWANCE
    sentry.recover()
    sentry.apply(PURSE, allowances=())
    sentry.sweep()
    sentry.apply(PURSE, allowances=(ALLOWANCE,))
    assert sentry.sweep().set_aside == 0
    assert sentry.sweep().problems == []


def test_a_clock_that_was_ahead_at_midnight_takes_nothing_from_the_day(sentry):
    sentry.clock.time = sentry.clock.time.replace(hour=23, minute=58)
    sentry.sweep()
    sentry.clock.advance(minutes=5)
    sentry.sweep()
    sentry.clock.advance(minutes=-4)
    sentry.sweep()
    sentry.clock.advance(minutes=4)
    sentry.sweep()

    assert sentry.balance().pending == SLOTS * ONE
    assert called(sentry).code is ReasonCode.EMERGENCY_ALLOWANCE


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
