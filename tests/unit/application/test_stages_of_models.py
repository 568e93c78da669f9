"""Stages of budgets that pay for one model only: they are in force where that model is called."""

import pytest

from cost_sentry.application.budget_levels import BudgetLevels
from cost_sentry.application.graduated import stages_at
from cost_sentry.domain.budget import BudgetMode, Stages, Unit
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.invocation import Priority
from cost_sentry.domain.window import WindowKind
from tests.fakes.admissions import BLIND, CHEAP, DAY, DEAR, STRANGER, PostedTotals, Sentry, config
from tests.fakes.admissions import request as named
from tests.fakes.builders import NOON, budget
from tests.fakes.policies import engines, policies, policy
from tests.fakes.routings import routed, sentry
from tests.unit.application.test_sessions import cap
from tests.unit.application.test_sessions import request as of_a_run

ALL = budget("all", 10**9, scope={})
CRITICAL = Stages(critical_only_percent=95)


def of_model(model, stages=CRITICAL, name=None, **changes):
    name = name or model.split(".")[1].split("-")[0]
    return budget(name, 1_000_000, scope={"model": model}, stages=stages, **changes)


def poor(model):
    return budget("poor", 1, scope={"model": model})


def spent(house, **percents):
    for name, percent in percents.items():
        house.totals.posted[name, DAY] = percent * 10_000
    return house


def forbids(*models):
    rules = (
        policy(f"no-{n}", f'forbid(principal,action,resource == CostSentry::Model::"{model}");')
        for n, model in enumerate(models)
    )
    return {"engines": engines, "policies": policies("UTC", *rules)}


@pytest.mark.parametrize(
    ("priority", "used"), [(Priority.NORMAL, BLIND), (Priority.CRITICAL, CHEAP)]
)
def test_a_rung_that_is_kept_for_critical_calls_stands_in_for_those_only(priority, used):
    house = spent(Sentry(ALL, poor(DEAR), of_model(CHEAP)), cheap=96)

    decision = house.decide(named(priority=priority, lower_output_limit=False))

    assert (decision.code, decision.model_used) == (ReasonCode.REROUTED_TO_FIT, used)


def test_the_answer_says_which_budget_keeps_a_rung():
    house = spent(Sentry(ALL, poor(DEAR), of_model(CHEAP)), cheap=96)

    decision = house.decide(named(lower_output_limit=False))

    assert [(rung.model_id, rung.outcome) for rung in decision.rungs][1] == (
        CHEAP,
        "kept for priority critical by budget cheap, which is 96 % spent",
    )


def test_a_model_that_is_kept_for_critical_calls_is_rerouted_where_its_ladder_is_free():
    house = spent(Sentry(ALL, of_model(DEAR)), dear=99)

    decision = house.decide(named())

    assert (decision.kind, decision.code) == (DecisionKind.REROUTE, ReasonCode.REROUTED_TO_SAVE)
    assert decision.message == (
        f"budget dear is 99 % spent, and from 95 % it serves priority critical only; {CHEAP} fits"
    )
    assert [rung.model_id for rung in decision.rungs] == [DEAR, CHEAP]


def test_it_is_refused_where_nothing_else_can_serve_it_and_says_so():
    house = spent(Sentry(ALL, of_model(DEAR), **forbids(CHEAP, BLIND)), dear=99)

    decision = house.decide(named())

    assert (decision.kind, decision.code) == (DecisionKind.REJECT, ReasonCode.CRITICAL_ONLY)
    assert decision.message == (
        "budget dear is 99 % spent, and from 95 % it serves priority critical only until it resets"
        " at 2026-11-22T00:00:00+00:00; no other model of its ladder can take its place"
    )
    assert [rung.model_id for rung in decision.rungs] == [DEAR, CHEAP, BLIND]
    assert [view.budget_id for view in decision.budgets] == ["dear"]


def test_a_budget_that_is_used_up_is_named_where_only_a_rung_was_kept():
    blind = budget("of-blind", 1, scope={"model": BLIND})
    house = spent(Sentry(ALL, poor(DEAR), blind, of_model(CHEAP)), cheap=96)

    decision = house.decide(named(lower_output_limit=False))

    assert decision.code is ReasonCode.BUDGET_EXHAUSTED
    assert [view.budget_id for view in decision.budgets if view.binding] == ["poor"]


def test_the_next_choice_is_not_served_out_of_a_budget_that_is_kept():
    house = spent(sentry(ALL, of_model(CHEAP), **forbids(BLIND)), cheap=99)

    decision = house.decide(routed())

    assert (decision.code, decision.model_used) == (ReasonCode.REROUTED_BY_POLICY, DEAR)


def test_a_first_choice_that_is_forbidden_and_kept_leaves_the_others_as_they_are():
    house = spent(sentry(ALL, of_model(BLIND), **forbids(BLIND)), blind=99)

    assert house.decide(routed()).model_used == CHEAP


def test_a_routed_call_is_refused_by_stages_where_all_that_is_permitted_is_kept():
    kept = of_model(CHEAP), of_model(DEAR)
    house = spent(sentry(ALL, *kept, **forbids(BLIND)), cheap=97, dear=99)

    decision = house.decide(routed())

    assert decision.code is ReasonCode.CRITICAL_ONLY
    assert decision.message.startswith("budget cheap is 97 % spent")
    assert decision.message.endswith("no other model that may serve it can take its place")


def test_waiting_helps_as_soon_as_any_of_the_budgets_resets():
    hourly = budget("hour", 10**6, scope={"model": DEAR}, window=WindowKind.HOUR, stages=CRITICAL)
    house = sentry(ALL, of_model(BLIND), of_model(CHEAP), hourly)
    house.totals.posted["hour", hourly.window_at(NOON).id] = 10**6

    decision = spent(house, blind=99, cheap=99).decide(routed())

    assert (decision.code, decision.retry_after_seconds) == (ReasonCode.CRITICAL_ONLY, 3_600)


def test_answers_of_a_rung_are_shorter_by_the_budget_of_the_rung():
    stages = Stages(lower_output_percent=90)
    house = spent(Sentry(ALL, of_model(DEAR), of_model(CHEAP, stages)), dear=99, cheap=92)

    decision = house.decide(named())

    assert (decision.model_used, decision.output_limit_sent_tokens) == (CHEAP, 64)
    assert decision.message == (
        "budget dear is 99 % spent, and from 95 % it serves priority critical only;"
        " budget cheap is 92 % spent, and from 90 % answers are shorter;"
        f" maxTokens of {CHEAP} is 64 instead of 100"
    )


def test_answers_of_the_asked_model_are_whole_whatever_is_left_for_its_ladder():
    house = spent(Sentry(ALL, of_model(CHEAP, Stages(lower_output_percent=90))), cheap=92)

    assert house.decide(named()).code is ReasonCode.WITHIN_BUDGETS


def test_a_rung_whose_budget_prefers_the_ladder_comes_after_the_cheaper_ones():
    prefers = of_model(CHEAP, Stages(prefer_ladder_percent=50))
    house = spent(Sentry(ALL, poor(DEAR), prefers), cheap=60)

    decision = house.decide(named(lower_output_limit=False))

    assert (decision.code, decision.model_used) == (ReasonCode.REROUTED_TO_FIT, BLIND)


def test_a_budget_of_all_models_leaves_the_order_of_the_ladder_as_it_is_written():
    day = budget("day", 1_000_000, scope={}, stages=Stages(prefer_ladder_percent=50))
    house = spent(Sentry(day), day=60)

    assert house.decide(named()).model_used == CHEAP


def test_of_routed_choices_the_cheaper_come_before_the_first_that_is_permitted():
    day = budget("day", 1_000_000, scope={}, stages=Stages(prefer_ladder_percent=50))
    house = sentry(day, ladders={CHEAP: (BLIND,)}, **forbids(DEAR))

    assert spent(house, day=10).decide(routed("large")).code is ReasonCode.FORBIDDEN_BY_POLICY
    house = sentry(day, ladders={DEAR: (CHEAP, BLIND)}, **forbids(DEAR))
    assert spent(house, day=60).decide(routed("large")).model_used == BLIND


def test_budgets_of_all_models_that_may_be_called_are_read_by_one_question():
    each = [of_model(model) for model in (DEAR, CHEAP, BLIND, STRANGER)]
    totals = PostedTotals()
    asked = []
    totals.totals_together = lambda windows: asked.append(windows) or [None] * len(windows)

    check = stages_at(
        named(), config(ALL, *each), BudgetLevels(lambda: totals), NOON, (DEAR, CHEAP, BLIND)
    )

    assert asked == [[("dear", DAY), ("cheap", DAY), ("blind", DAY)]]
    assert check.begun == ()


@pytest.mark.parametrize("mode", BudgetMode)
def test_where_no_stage_is_in_force_the_offers_are_not_touched(mode):
    staged = of_model(DEAR, mode=mode)
    levels, offers = BudgetLevels(PostedTotals), iter(())

    check = stages_at(named(), config(ALL, staged), levels, NOON, (DEAR,))

    assert check.ordered(offers, 64) is offers


def test_a_configuration_without_stages_does_not_ask_which_models_there_are():
    def never():
        raise AssertionError
        yield

    check = stages_at(named(), config(ALL), BudgetLevels(), NOON, never())

    assert check.of(DEAR).critical_only is None


def test_a_call_that_every_model_is_kept_from_leaves_no_agent_in_the_tree():
    children = cap("fan-out", 2, unit=Unit.CHILDREN)
    kept = of_model(DEAR), of_model(CHEAP), of_model(BLIND)
    house = spent(Sentry(ALL, children, *kept), dear=99, cheap=99, blind=99)

    decision = house.decide(of_a_run(path=("planner",)))

    assert (decision.code, house.run_trees.asked) == (ReasonCode.CRITICAL_ONLY, 0)
