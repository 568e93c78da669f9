"""A silent ledger: one slot pays for a call, or the answer is no (P9)."""

from dataclasses import replace

import pytest

from cost_sentry.application.emergency_admission import LOOKING_FOR
from cost_sentry.application.emergency_ports import StoreUnavailable, StoreUnreadable
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.emergency import is_slot
from cost_sentry.domain.errors import LedgerBehind, LedgerContention, LedgerUnavailable
from cost_sentry.domain.invocation import Needs
from cost_sentry.domain.reservation import ReservationState
from cost_sentry.domain.window import WindowKind
from tests.fakes.admissions import BLIND, CHEAP, DEAR, Counter, request
from tests.fakes.builders import allowance, budget, reservation
from tests.fakes.emergencies import ALLOWANCE, ON_CHEAP, PURSE, Emergency

EMERGENCY, UNAVAILABLE = ReasonCode.EMERGENCY_ALLOWANCE, ReasonCode.LEDGER_UNAVAILABLE


def silent(*budgets, **changes) -> Emergency:
    """Calls were set aside, and then the ledger fell silent."""
    sentry = Emergency(*budgets, **changes)
    assert sentry.sweep().problems == []
    sentry.fall_silent()
    return sentry


def refusal(sentry, of, attempt="e1.i1") -> str:
    decision = sentry.decide(of, attempt)
    assert (decision.kind, decision.code) == (DecisionKind.REJECT, UNAVAILABLE)
    assert decision.message.startswith("the ledger could not be asked, so the answer is no")
    return decision.message


def test_a_call_goes_on_with_what_was_set_aside_for_it_and_says_so():
    sentry = silent()

    decision = sentry.decide(request("r1"))

    assert (decision.kind, decision.code) == (DecisionKind.ALLOW, EMERGENCY)
    assert decision.message == (
        "the ledger could not be asked; emergency allowance outage pays for this call"
    )
    assert (decision.request_id, decision.model_used) == ("r1", DEAR)
    assert decision.state is ReservationState.PENDING
    assert [view.budget_id for view in decision.budgets] == ["search-daily"]


def test_what_pays_for_it_has_been_pending_in_the_ledger_all_along():
    sentry = Emergency()
    sentry.sweep()
    pending = list(sentry.ledger.pending())
    sentry.fall_silent()

    held = sentry.decide(request("r1")).reservation

    assert held in pending
    assert is_slot(held)


def test_each_slot_pays_once_and_then_the_answer_is_no():
    sentry = silent()

    slots = {sentry.decide(request(f"r{n}"), f"e{n}").reservation.request_id for n in range(2)}

    assert len(slots) == ALLOWANCE.calls_per_day
    assert "allowance outage: none of its 2 calls of today is left" in refusal(
        sentry, request("r3"), "e3"
    )


def test_a_configuration_still_in_force_decides_and_else_the_mirrored_one():
    sentry = silent()
    sentry.source.down = False

    assert sentry.decide(request("r1")).code is EMERGENCY
    assert "config" not in sentry.store.calls[-6:]
    sentry.source.down = True
    assert sentry.decide(request("r2"), "e2").code is EMERGENCY


def test_without_a_store_or_an_allowance_the_answer_is_as_it_always_was():
    sentry = silent(allowances=())

    message = refusal(sentry, request("r1"))

    assert message.endswith("try a new id later (the table did not answer)")
    sentry.source.down = False
    assert refusal(sentry, request("r1")).endswith("try a new id later (the ledger is down)")


@pytest.mark.parametrize("error", [LedgerContention, LedgerBehind])
def test_a_ledger_that_answers_not_now_is_no_emergency_because_it_may_know_the_id(error):
    sentry = Emergency()
    sentry.sweep()

    def busy(_reservation):
        raise error("used a moment ago")

    sentry.ledger.reserve = busy
    asked = len(sentry.store.calls)

    refusal(sentry, request("r1"))
    assert len(sentry.store.calls) == asked


def test_the_callers_output_limit_is_never_raised_to_the_slots():
    decision = silent().decide(request("r1", max_tokens=7))

    assert decision.output_limit_sent_tokens == 7
    assert decision.reservation.output_limit_tokens == 100


def test_a_longer_answer_than_is_paid_for_is_cut_and_the_answer_says_so():
    decision = silent().decide(request("r1", max_tokens=300))

    assert (decision.output_limit_sent_tokens, decision.output_limit_asked_tokens) == (100, 300)
    assert decision.message.endswith("maxTokens is 100 instead of 300")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"max_tokens": 101, "lower_output_limit": False}, "101 output tokens are asked for"),
        ({"max_tokens": 300, "thinking_tokens": 50}, "too few for this one"),
        ({"input_bound_tokens": 101}, "the prompt may have 101 tokens, and its calls take 100"),
        ({"tags": {"team": "support"}}, "no budget covers these tags"),
        ({"model_id": CHEAP}, "no emergency allowance covers these tags and this model"),
        ({"model_id": "example.other"}, "is not in sentry.yaml"),
    ],
)
def test_a_call_that_nothing_was_set_aside_for_is_refused_and_told_why(changes, why):
    sentry = silent()

    assert why in refusal(sentry, request("r1", **changes))
    assert "claim" not in sentry.store.calls


def test_an_answer_as_short_as_its_caller_asked_for_is_not_too_short():
    assert silent().decide(request("r1", max_tokens=3)).code is EMERGENCY


def test_a_long_prompt_is_counted_if_that_can_make_it_fit():
    sentry = silent(allowances=(replace(ALLOWANCE, input_tokens_max=200),))
    sentry.counter = Counter(dear=100)

    assert sentry.decide(request("r1", input_bound_tokens=500)).code is EMERGENCY
    assert sentry.counter.asked == [DEAR]
    hopeless = request("r2", input_bound_tokens=500, input_floor_tokens=201)
    assert "may have 500 tokens" in refusal(sentry, hopeless, "e2")
    assert sentry.counter.asked == [DEAR]


def test_a_prompt_that_is_written_to_a_cache_costs_more_than_is_set_aside():
    sentry = silent()
    card = replace(sentry.book.card(DEAR), prompt_cache=True)
    sentry.book.card = lambda _model: card

    assert "needs more of budget search-daily than is set aside" in refusal(
        sentry, request("r1", needs=Needs(prompt_cache=True))
    )
    small = request("r2", needs=Needs(prompt_cache=True), input_bound_tokens=50)
    assert sentry.decide(small, "e2").code is EMERGENCY


def test_a_budget_of_the_call_that_holds_nothing_for_it_is_not_passed_over():
    ann = budget("ann-daily", 10_000, scope={"team": "search", "user": "ann"})
    sentry = silent(PURSE, ann)
    tags = {"team": "search", "user": "ann"}

    assert "nothing is set aside in budget ann-daily" in refusal(sentry, request("r1", tags=tags))
    assert sentry.decide(request("r2"), "e2").code is EMERGENCY


def test_what_was_set_aside_yesterday_is_worth_nothing_today():
    sentry = silent()
    sentry.clock.advance(days=1)

    assert "none of its 2 calls of today is left" in refusal(sentry, request("r1"))


def test_not_even_where_the_budget_never_resets():
    sentry = silent(budget("search-daily", 10_000, unit=Unit.TOKENS, window=WindowKind.NONE))
    sentry.clock.advance(days=1)

    assert "none of its 2 calls of today is left" in refusal(sentry, request("r1"))


def test_a_rung_of_the_ladder_stands_in_and_the_answer_says_so():
    decision = silent(allowances=(ON_CHEAP,)).decide(request("r1"))

    assert (decision.kind, decision.code) == (DecisionKind.REROUTE, EMERGENCY)
    assert (decision.model_asked, decision.model_used) == (DEAR, CHEAP)
    assert f"pays for this call, on {CHEAP}" in decision.message


def test_a_rung_that_cannot_do_the_job_does_not_stand_in():
    sentry = silent(allowances=(replace(ON_CHEAP, model_id=BLIND),))

    assert "no emergency allowance covers" in refusal(
        sentry, request("r1", needs=Needs(tools=True))
    )


def test_the_asked_model_comes_before_its_ladder_and_the_narrower_scope_before_the_wider():
    web = replace(ALLOWANCE, id="web", scope={"team": "search", "application": "web"})
    sentry = silent(PURSE, allowances=(ON_CHEAP, ALLOWANCE, replace(web, calls_per_day=1)))

    used = [sentry.decide(request(f"r{n}"), f"e{n}").reservation for n in range(5)]

    accounts = [held.account.rpartition("/")[2] for held in used]
    assert accounts == ["web", "outage", "outage", "cheap", "cheap"]


# ---- the same id (P5)


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
    sentry.store.put_config("v", {"format": 99})

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
