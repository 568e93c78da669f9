"""A silent ledger, and what else goes wrong: an id twice, a store that fails, lost answers."""

import pytest

from cost_sentry.application.emergency_admission import LOOKING_FOR
from cost_sentry.application.emergency_ports import StoreUnavailable, StoreUnreadable
from cost_sentry.application.ports import Stored
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.errors import LedgerUnavailable
from tests.fakes.admissions import request
from tests.fakes.builders import allowance, reservation
from tests.fakes.emergencies import Emergency, refusal, silent

EMERGENCY = ReasonCode.EMERGENCY_ALLOWANCE


def test_an_execution_that_asks_again_gets_its_own_slot_again():
    sentry = silent()
    first = sentry.decide(request("r1"), "e1.i1")

    again = sentry.decide(request("r1"), "e1.i2")

    assert again == first
    assert sentry.store.calls.count("claim") == 1


def test_the_same_id_again_is_answered_and_no_second_call_is_paid_for():
    sentry = silent()
    first = sentry.decide(request("r1"), "e1.i1")

    again = sentry.decide(request("r1"), "e2.i1")

    assert (again.code, again.replayed) == (ReasonCode.ALREADY_ANSWERED, True)
    assert (again.kind, again.model_used) == (first.kind, first.model_used)
    assert sentry.store.calls.count("claim") == 1


def test_the_same_id_with_other_content_is_refused():
    sentry = silent()
    sentry.decide(request("r1"), "e1.i1")

    other = sentry.decide(request("r1", digest="d2"), "e2.i1")

    assert (other.kind, other.code) == (DecisionKind.REJECT, ReasonCode.REQUEST_ID_REUSED)


def test_the_same_id_of_another_application_is_another_call():
    sentry = silent()
    sentry.decide(request("r1"), "e1.i1")

    other = request("r1", tags={"team": "search", "application": "batch"})

    assert sentry.decide(other, "e2.i1").code is EMERGENCY


def test_of_two_executions_with_one_id_at_once_one_is_paid_for_and_the_others_slot_goes_back():
    sentry = silent()
    meanwhile = []

    def second_comes(call, done):
        if call == "claim" and done and not meanwhile:
            meanwhile.append(None)
            meanwhile[0] = sentry.decide(request("r1"), "e2.i1")

    sentry.store.trouble = second_comes
    first = sentry.decide(request("r1"), "e1.i1")

    assert meanwhile[0].code is EMERGENCY
    assert first.code is ReasonCode.ALREADY_ANSWERED
    sentry.recover()
    sentry.settle(meanwhile[0])
    sentry.clock.advance(seconds=420)
    sentry.sweep()
    assert sentry.balance().posted == 300


# ---- faults


@pytest.mark.parametrize("call", ["config", "taken", "slot_ids", "claims", "slot", "claim", "take"])
@pytest.mark.parametrize("after", [False, True], ids=["unasked", "answer lost"])
def test_whatever_the_store_cannot_do_is_a_no_and_never_an_error(call, after):
    sentry = silent()

    def trouble(name, done):
        if (name, done) == (call, after):
            raise StoreUnavailable("it did not answer")

    sentry.store.trouble = trouble

    message = refusal(sentry, request("r1"))
    assert "nor could the emergency store be asked (it did not answer)" in message


def test_a_store_that_is_down_costs_one_question():
    sentry = silent()
    sentry.store.down, sentry.store.calls = True, []

    refusal(sentry, request("r1"))

    assert sentry.store.calls == ["config"]


def test_a_slot_that_cannot_be_read_is_passed_over():
    sentry = silent()
    broken = []

    def trouble(name, _done):
        if name == "slot" and not broken:
            broken.append(name)
            raise StoreUnreadable("no ticket of this sentry")

    sentry.store.trouble = trouble

    assert sentry.decide(request("r1")).code is EMERGENCY


def test_a_mirrored_configuration_that_cannot_be_read_is_a_no():
    sentry = silent()
    sentry.store.put_config(Stored("v", {"format": 99}, ()))

    assert "nor can the mirrored configuration be used" in refusal(sentry, request("r1"))


def test_an_answer_comes_before_the_functions_time_is_up():
    sentry = silent()

    def slow(call, done):
        if call == "slot" and not done:
            sentry.clock.time += LOOKING_FOR * 2

    sentry.store.trouble = slow

    assert "it took too long" in refusal(sentry, request("r1"))
    assert "claim" not in sentry.store.calls


def test_what_the_ledger_may_hold_besides_is_told_and_kept_with_the_claim():
    sentry = Emergency()
    sentry.sweep()
    held = reservation("r1")

    def lost(_reservation):
        raise LedgerUnavailable("its money may be held until noon", perhaps_held=held)

    sentry.ledger.reserve = lost
    decision = sentry.decide(request("r1"))

    assert "money may be held for it a second time" in decision.message
    assert sentry.store.claim_of(decision.reservation.request_id).perhaps_held == held


def test_an_allowance_that_the_book_has_no_price_for_pays_for_nothing():
    unpriced = allowance("unpriced", model_id="example.unpriced-v1:0")
    sentry = Emergency(allowances=(unpriced,))
    [problem] = sentry.sweep().problems
    sentry.fall_silent()

    assert "has no price in price book" in problem
    assert "no emergency allowance" in refusal(sentry, request("r1"))
