"""Who is let in, by which model, and what a refusal says."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.domain.budget import Unit
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.invocation import Needs
from cost_sentry.domain.reservation import ReservationState
from cost_sentry.domain.window import WindowKind
from tests.fakes.admissions import (
    BLIND,
    CHEAP,
    DAY,
    DEAR,
    UNPRICED,
    FixedConfig,
    Sentry,
    SmallBook,
    config,
    request,
)
from tests.fakes.builders import budget, resolution


def test_a_request_that_every_budget_can_pay_for_is_allowed_and_its_bound_is_held():
    sentry = Sentry(budget(limit=5_000), budget("all", 300, scope={}, unit=Unit.TOKENS))

    decision = sentry.decide(request())

    assert decision.kind is DecisionKind.ALLOW
    assert decision.code is ReasonCode.WITHIN_BUDGETS
    assert decision.model_used == DEAR
    assert decision.state is ReservationState.PENDING
    held = decision.reservation
    assert held.quote_picodollars == (100 + 100) * 10
    assert {h.budget_id: h.amount for h in held.holds} == {"search-daily": 2_000, "all": 200}
    assert held.expires_at == held.reserved_at + timedelta(seconds=420)
    left = {v.budget_id: (v.left, v.limit, v.needed) for v in decision.budgets}
    assert left == {"search-daily": (3_000, 5_000, 2_000), "all": (100, 300, 200)}


def test_when_the_asked_model_does_not_fit_the_first_rung_that_fits_is_used():
    sentry = Sentry(budget(limit=1_999))

    decision = sentry.decide(request())

    assert decision.kind is DecisionKind.REROUTE
    assert decision.code is ReasonCode.REROUTED_TO_FIT
    assert (decision.model_asked, decision.model_used) == (DEAR, CHEAP)
    assert decision.reservation.quote_picodollars == 400
    assert [r.outcome for r in decision.rungs] == ["refused by budget search-daily", "reserved"]


def test_a_rung_that_cannot_do_the_job_is_passed_over_and_the_answer_says_why():
    sentry = Sentry(budget(limit=300))

    decision = sentry.decide(request(needs=Needs(modalities=frozenset({"text", "image"}))))

    assert decision.kind is DecisionKind.REJECT
    assert {r.model_id: r.outcome for r in decision.rungs} == {
        DEAR: "refused by budget search-daily",
        CHEAP: "refused by budget search-daily",
        BLIND: "it takes no image",
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"needs": Needs(tools=True)},
        {"needs": Needs(prompt_cache=True), "model_id": DEAR},
        {"input_floor_tokens": 9_950},
    ],
    ids=["tools", "prompt cache", "context window"],
)
def test_no_rung_stands_in_for_what_it_lacks(changes):
    sentry = Sentry(budget(limit=205))

    decision = sentry.decide(request(**changes))

    assert decision.kind is DecisionKind.REJECT
    assert decision.model_used is None


def test_the_refusal_names_the_binding_budget_what_is_left_and_when_it_resets():
    monthly = budget("search-monthly", 10_000, window=WindowKind.MONTH)
    sentry = Sentry(monthly, budget(limit=150))

    decision = sentry.decide(request())

    assert decision.code is ReasonCode.BUDGET_EXHAUSTED
    [binding] = [v for v in decision.budgets if v.binding]
    assert (binding.budget_id, binding.left, binding.limit) == ("search-daily", 150, 150)
    assert binding.resets_at.isoformat() == "2026-11-22T00:00:00+00:00"
    assert binding.needed == 2_000
    assert "search-daily" in decision.message
    assert list(sentry.ledger.pending()) == []


def test_a_model_budget_that_is_exhausted_reroutes_to_a_model_outside_it():
    of_dear = budget("dear", 100, scope={"model": DEAR})
    sentry = Sentry(budget(limit=5_000), of_dear)

    decision = sentry.decide(request())

    assert decision.model_used == CHEAP
    assert [h.budget_id for h in decision.reservation.holds] == ["search-daily"]


def test_a_rung_that_no_budget_covers_is_never_free():
    only_dear = budget("dear", 100, scope={"model": DEAR})
    sentry = Sentry(only_dear)

    decision = sentry.decide(request())

    assert decision.kind is DecisionKind.REJECT
    assert [r.outcome for r in decision.rungs if r.model_id == CHEAP] == ["no budget covers it"]


def test_a_slash_in_a_name_does_not_join_two_callers_accounts():
    one = request(tags={"team": "a/b", "application": "c"})
    other = request(tags={"team": "a", "application": "b/c"})

    assert one.account != other.account
    assert request(tags={"team": "a"}).account == "a/-"


def test_the_output_limit_is_the_default_when_the_caller_names_none():
    sentry = Sentry(budget(limit=5_000))

    assert sentry.decide(request(max_tokens=None)).reservation.output_limit_tokens == 50


@pytest.mark.parametrize("asked", [401, 100_000])
def test_an_output_limit_above_what_is_allowed_is_refused_with_the_allowed_range(asked):
    sentry = Sentry(budget(limit=5_000))

    decision = sentry.decide(request(max_tokens=asked))

    assert decision.code is ReasonCode.INVALID_REQUEST
    [error] = decision.errors
    assert (error.field, error.allowed) == ("inferenceConfig.maxTokens", "1 to 400")


def test_a_team_that_does_not_exist_is_refused_and_named():
    decision = Sentry(budget()).decide(request(tags={"team": "nobody"}))

    assert decision.code is ReasonCode.UNKNOWN_TEAM
    assert "'nobody'" in decision.message
    assert decision.errors[0].allowed == "one of search, support"


@pytest.mark.parametrize("model_id", [UNPRICED, "example.unlisted-v1:0"])
def test_a_model_without_price_or_entry_is_refused_and_named(model_id):
    decision = Sentry(budget()).decide(request(model_id=model_id))

    assert decision.code is ReasonCode.UNKNOWN_MODEL
    assert model_id in decision.message


def test_a_missing_required_tag_is_refused_and_named():
    decision = Sentry(budget(), required_tags=("team", "project")).decide(request())

    assert decision.code is ReasonCode.INVALID_REQUEST
    assert decision.errors[0].field == "tags.project"


def test_a_prompt_that_surely_exceeds_the_context_window_is_refused():
    decision = Sentry(budget()).decide(request(input_floor_tokens=11_000))

    assert decision.code is ReasonCode.MODEL_UNSUITABLE
    assert decision.errors[0].field == "messages"
    assert "10000 tokens" in decision.errors[0].allowed


def test_the_input_bound_never_exceeds_what_bedrock_would_accept():
    sentry = Sentry(budget(limit=10**9))

    held = sentry.decide(request(input_bound_tokens=10**7)).reservation

    assert held.input_bound_tokens == SmallBook().card(DEAR).prompt_tokens_ceiling


def test_a_request_that_no_budget_covers_is_refused():
    decision = Sentry(budget(scope={"team": "support"})).decide(request())

    assert decision.code is ReasonCode.NO_BUDGET


def test_without_a_configuration_the_answer_is_no():
    sentry = Sentry(budget())
    sentry.admission = replace(sentry.admission, config_source=FixedConfig(None))

    assert sentry.decide(request()).code is ReasonCode.NOT_CONFIGURED


def test_a_budget_that_the_ledger_does_not_know_refuses_rather_than_spends():
    sentry = Sentry()
    sentry.admission = replace(sentry.admission, config_source=FixedConfig(config(budget())))

    decision = sentry.decide(request())

    assert decision.code is ReasonCode.NOT_CONFIGURED
    assert "search-daily" in decision.message


def test_when_the_ledger_cannot_be_asked_the_answer_is_no():
    sentry = Sentry(budget(limit=5_000))
    sentry.ledger.down = True

    decision = sentry.decide(request())

    assert decision.kind is DecisionKind.REJECT
    assert decision.code is ReasonCode.LEDGER_UNAVAILABLE


def test_the_same_request_again_gets_the_same_decision_and_calls_no_model():
    sentry = Sentry(budget(limit=5_000))
    first = sentry.decide(request())

    again = sentry.decide(request(), attempt="execution-2")

    assert (again.kind, again.model_used) == (first.kind, first.model_used)
    assert again.replayed
    assert again.state is ReservationState.PENDING
    assert len(sentry.ledger.pending()) == 1


def test_a_repeat_after_settlement_says_what_it_cost():
    sentry = Sentry(budget(limit=5_000))
    held = sentry.decide(request()).reservation
    sentry.ledger.resolve(held, resolution(123))

    again = sentry.decide(request(), attempt="execution-2")

    assert again.replayed
    assert (again.state, again.cost_picodollars) == (ReservationState.SETTLED, 123)


def test_the_same_execution_asking_twice_goes_on_with_its_own_reservation():
    sentry = Sentry(budget(limit=5_000))
    first = sentry.decide(request())
    sentry.clock.advance(seconds=2)

    again = sentry.decide(request())

    assert not again.replayed
    assert again.reservation == first.reservation


def test_an_execution_that_lost_its_answer_goes_on_with_the_rung_it_had_reserved():
    poor = budget(limit=1_999)
    sentry = Sentry(poor)
    first = sentry.decide(request())
    assert first.model_used == CHEAP
    sentry.ledger.define(replace(poor, limit=50_000), DAY)

    again = sentry.decide(request())

    assert again.reservation == first.reservation
    assert (again.kind, again.model_used, again.price) == (first.kind, CHEAP, first.price)
    assert len(sentry.ledger.pending()) == 1


def test_the_same_id_with_other_content_is_refused_and_changes_nothing():
    sentry = Sentry(budget(limit=5_000))
    sentry.decide(request())

    reused = sentry.decide(request(digest="d2"), attempt="execution-2")

    assert reused.kind is DecisionKind.REJECT
    assert reused.code is ReasonCode.REQUEST_ID_REUSED
    assert [error.field for error in reused.errors] == ["requestId"]
    assert "new id" in reused.errors[0].allowed
    assert [r.digest for r in sentry.ledger.pending()] == ["d1"]


def test_a_rejected_id_may_be_tried_again_once_there_is_money():
    poor = budget(limit=10)
    sentry = Sentry(poor)
    assert sentry.decide(request()).kind is DecisionKind.REJECT

    sentry.ledger.define(replace(poor, limit=5_000), DAY)

    assert sentry.decide(request()).kind is DecisionKind.ALLOW
