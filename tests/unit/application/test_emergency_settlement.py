"""How a call ended, told to whoever can be told: the ledger, or the store until the next sweep."""

from dataclasses import replace

import pytest

from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.reservation import ReservationState
from cost_sentry.domain.usage import TokenUsage
from tests.fakes.admissions import request
from tests.fakes.emergencies import USAGE, Emergency


@pytest.fixture
def sentry():
    sentry = Emergency()
    sentry.sweep()
    sentry.fall_silent()
    return sentry


def test_the_end_of_a_slots_call_is_kept_while_the_ledger_is_silent(sentry):
    decision = sentry.decide(request("r1"))

    settled = sentry.settle(decision)

    assert settled.first
    assert settled.resolved.resolution.usage == USAGE
    kept = sentry.store.outcome(decision.reservation.request_id)
    assert kept == settled.resolved.resolution


def test_what_was_kept_first_stands(sentry):
    decision = sentry.decide(request("r1"))
    first = sentry.settle(decision)

    again = sentry.settle(decision, TokenUsage(input_tokens=1, output_tokens=1))

    assert not again.first
    assert again.resolved.resolution == first.resolved.resolution


def test_a_refused_call_is_kept_as_free(sentry):
    decision = sentry.decide(request("r1"))

    voided = sentry.void(decision)

    assert voided.resolved.resolution.state is ReservationState.VOIDED
    assert voided.resolved.resolution.cost_picodollars == 0


def test_the_ledger_is_told_itself_as_soon_as_it_answers(sentry):
    decision = sentry.decide(request("r1"))
    sentry.recover()

    assert sentry.settle(decision).first
    assert sentry.store.outcome(decision.reservation.request_id) is None


def test_an_ordinary_reservation_has_no_other_place_than_the_ledger(sentry):
    decision = sentry.decide(request("r1"))
    ordinary = replace(decision, reservation=replace(decision.reservation, attempt="e1.i1"))

    with pytest.raises(LedgerUnavailable, match="the ledger is down"):
        sentry.settle(ordinary)


def test_if_nobody_can_be_told_the_workflow_hears_of_the_ledger_and_tries_again(sentry):
    decision = sentry.decide(request("r1"))
    sentry.store.down = True

    with pytest.raises(LedgerUnavailable, match="nor could the outcome be kept: the store is down"):
        sentry.settle(decision)
