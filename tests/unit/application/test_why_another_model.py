"""The answer names what kept the first model from the call, also where a stage is in force."""

from dataclasses import replace

import pytest

from cost_sentry.adapters.decision_record import decision_text, recorded_decision_from
from cost_sentry.application.circuit_check import CircuitAdvice
from cost_sentry.application.simulation_tally import decided_by
from cost_sentry.domain.budget import Stages
from cost_sentry.domain.decision import ReasonCode, StageNote
from cost_sentry.domain.sentry_config import Model
from tests.fakes.admissions import BLIND, CHEAP, DAY, DEAR, Sentry, request
from tests.fakes.builders import NOON, budget
from tests.fakes.memory_circuits import MemoryCircuits
from tests.fakes.policies import engines, policies
from tests.fakes.routings import routed, sentry
from tests.unit.application.test_circuits_decide import OPEN, RULES

LADDER_FIRST = Stages(prefer_ladder_percent=80, lower_output_percent=90)
SAVES = "and from 80 % the ladder comes first"
SHORTER = "and from 90 % answers are shorter"
PERCENTS = pytest.mark.parametrize("percent", [0, 80])


def forbids(model):
    text = f'forbid (principal, action, resource == CostSentry::Model::"{model}");'
    return {"policies": policies(no_such=text), "engines": engines}


def all_of(house, percent):
    house.totals.posted["all", DAY] = percent * 10_000
    return house


def spent(percent, *others, make=Sentry, **changes):
    whole = budget("all", 10**6, scope={}, stages=LADDER_FIRST)
    return all_of(make(whole, *others, **changes), percent)


def with_open_circuit(house, model):
    circuits = MemoryCircuits()
    circuits.circuits[model] = OPEN
    house.admission = replace(house.admission, circuits=CircuitAdvice(circuits=circuits))
    return house


def no_money(model):
    return budget("poor", 1, scope={"model": model})


@PERCENTS
def test_a_policy_is_named_though_a_stage_that_moved_nothing_is_in_force(percent):
    decision = spent(percent, make=sentry, **forbids(BLIND)).decide(routed())

    assert (decision.model_used, decision.code) == (CHEAP, ReasonCode.REROUTED_BY_POLICY)
    assert (decision.decided_by_budget, decided_by(decision)) == (None, "policy no-such")
    assert decision.stages == ()


@PERCENTS
def test_the_budget_that_cannot_pay_is_named_though_a_stage_moved_nothing(percent):
    house = spent(percent, no_money(BLIND), make=sentry)

    decision = house.decide(routed(lower_output_limit=False))

    assert (decision.model_used, decision.code) == (CHEAP, ReasonCode.REROUTED_TO_FIT)
    assert (decision.decided_by_budget, decided_by(decision)) == ("poor", "budget poor")


@PERCENTS
def test_an_open_circuit_is_named_though_a_stage_moved_nothing(percent):
    house = spent(percent, make=sentry, circuit_breaker=RULES)

    decision = with_open_circuit(house, BLIND).decide(routed())

    assert (decision.model_used, decision.code) == (CHEAP, ReasonCode.REROUTED_BY_CIRCUIT)
    assert decided_by(decision) == "REROUTED_BY_CIRCUIT"


@PERCENTS
def test_a_policy_comes_before_a_stage_that_would_have_moved_the_model(percent):
    decision = spent(percent, **forbids(DEAR)).decide(request())

    assert (decision.model_used, decision.code) == (CHEAP, ReasonCode.REROUTED_BY_POLICY)
    assert decision.decided_by_budget is None


def test_a_stage_comes_before_a_circuit_that_nobody_asked_about():
    house = spent(80, circuit_breaker=RULES)

    decision = with_open_circuit(house, DEAR).decide(request())

    assert (decision.model_used, decision.code) == (CHEAP, ReasonCode.REROUTED_TO_SAVE)
    assert decided_by(decision) == "budget all"


def test_a_model_that_a_stage_passed_over_stands_in_the_answer_where_its_turn_was():
    decision = spent(83).decide(request())

    passed, reserved = decision.rungs
    assert (passed.model_id, passed.outcome) == (
        DEAR,
        f"passed over: budget all is 83 % spent, {SAVES}",
    )
    assert (passed.quote_picodollars, reserved.model_id) == (2_000, CHEAP)
    assert decision.stages == (StageNote(budget_id="all", what=f"83 % spent, {SAVES}"),)


def test_a_choice_that_a_stage_passed_over_comes_after_what_is_forbidden():
    house = spent(80, make=sentry, ladders={DEAR: (CHEAP, BLIND)}, **forbids(DEAR))

    decision = house.decide(routed("large"))

    assert [(rung.model_id, rung.outcome.split()[0]) for rung in decision.rungs] == [
        (DEAR, "forbidden"),
        (CHEAP, "passed"),
        (BLIND, "reserved"),
    ]
    assert decision.code is ReasonCode.REROUTED_BY_POLICY


def test_a_model_that_was_tried_after_its_ladder_was_not_passed_over():
    poor = (budget(f"no-{n}", 1, scope={"model": m}) for n, m in enumerate((CHEAP, BLIND)))

    decision = spent(80, *poor).decide(request())

    assert [rung.model_id for rung in decision.rungs] == [CHEAP, BLIND, DEAR]


def test_a_shorter_answer_of_another_model_says_why_it_is_that_model():
    decision = spent(92).decide(request())

    assert decision.code is ReasonCode.OUTPUT_LIMIT_LOWERED
    assert decision.message == (
        f"budget all is 92 % spent, {SAVES}; budget all is 92 % spent, {SHORTER};"
        f" maxTokens of {CHEAP} is 64 instead of 100"
    )
    assert [rung.model_id for rung in decision.rungs] == [DEAR, CHEAP]
    assert [note.what for note in decision.stages] == [
        f"92 % spent, {SAVES}",
        f"92 % spent, {SHORTER}",
    ]


def test_a_shorter_answer_names_the_policy_that_forbade_the_first_model():
    decision = spent(90, **forbids(DEAR)).decide(request())

    assert decision.code is ReasonCode.OUTPUT_LIMIT_LOWERED
    assert decision.message == (
        f"{DEAR} is forbidden by policy no-such (Because of no-such.);"
        f" budget all is 90 % spent, {SHORTER}; maxTokens of {CHEAP} is 64 instead of 100"
    )
    assert decided_by(decision) == "policy no-such, budget all"


def test_a_shorter_answer_for_want_of_money_names_the_policy_and_the_model_that_was_too_dear():
    models = {DEAR: Model(id=DEAR, ladder=(CHEAP,)), CHEAP: Model(id=CHEAP)}
    house = Sentry(budget(limit=350), models=models, **forbids(DEAR))

    decision = house.decide(request())

    assert decision.code is ReasonCode.OUTPUT_LIMIT_LOWERED
    assert decision.message.startswith(
        f"{DEAR} is forbidden by policy no-such (Because of no-such.);"
        f" budget search-daily cannot pay for 100 output tokens of {CHEAP}; maxTokens of {CHEAP} is"
    )


def test_the_stages_that_took_part_are_kept_with_the_decision():
    decision = spent(92).decide(request())

    read = recorded_decision_from(decision_text(decision, request()), NOON)

    assert len(decision.stages) == 2
    assert read.decision.stages == decision.stages


def test_a_refusal_keeps_the_stages_that_took_part():
    house = Sentry(budget("all", 10**6, scope={}, stages=Stages(critical_only_percent=95)))

    decision = all_of(house, 96).decide(request())

    assert [note.what for note in decision.stages] == [
        "96 % spent, and from 95 % it serves priority critical only"
    ]
