"""A silent ledger: one slot pays for a call, or the answer is no (P9)."""

from dataclasses import replace

import pytest

from cost_sentry.domain.budget import Unit
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.emergency import is_slot
from cost_sentry.domain.errors import LedgerBehind, LedgerContention
from cost_sentry.domain.invocation import Needs
from cost_sentry.domain.reservation import ReservationState
from cost_sentry.domain.sentry_config import Application, Team
from cost_sentry.domain.window import WindowKind
from tests.fakes.admissions import BLIND, CHEAP, DEAR, Counter, arn_of, request
from tests.fakes.builders import budget
from tests.fakes.emergencies import ALLOWANCE, ON_CHEAP, PURSE, Emergency, refusal, silent

EMERGENCY = ReasonCode.EMERGENCY_ALLOWANCE


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


def test_it_pays_for_its_model_also_if_the_call_names_that_by_its_arn():
    decision = silent().decide(request("r1", model_id=arn_of(DEAR)))

    assert (decision.code, decision.model_used) == (EMERGENCY, DEAR)


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
    assert sentry.store.calls.count("claim") == 2, "what is taken need not be asked for"


def test_a_configuration_still_in_force_decides_and_else_the_mirrored_one():
    sentry = silent()
    sentry.source.down = False

    assert sentry.decide(request("r1")).code is EMERGENCY
    assert "config" not in sentry.store.calls[-6:]
    sentry.source.down = True
    assert sentry.decide(request("r2"), "e2").code is EMERGENCY


def test_the_environment_is_the_configurations_also_where_only_its_mirror_can_be_read():
    web = {"web": Application(id="web", environment="dev")}
    only_prod = replace(ALLOWANCE, scope={"team": "search", "environment": "prod"})
    sentry = silent(allowances=(only_prod,), teams={"search": Team(id="search", applications=web)})
    claims = {"team": "search", "application": "web", "environment": "prod"}

    decision = sentry.decide(request("r1", tags=claims))

    assert decision.code is not EMERGENCY


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
        (
            {"model_id": CHEAP},
            "covers these tags and a model that may be called",
        ),
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
