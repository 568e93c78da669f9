"""Stages of a budget in shadow mode are told, and change nothing."""

from dataclasses import replace

import pytest

from cost_sentry.domain.budget import BudgetMode, Stages
from cost_sentry.domain.decision import ReasonCode
from cost_sentry.domain.invocation import Priority
from tests.fakes.admissions import CHEAP, DAY, DEAR, Sentry, request
from tests.fakes.builders import budget
from tests.fakes.routings import routed, sentry

ALL = budget("all", 10**9, scope={})
STAGES = Stages(prefer_ladder_percent=50, lower_output_percent=70, critical_only_percent=90)


def shadow(percent, stages=STAGES, make=Sentry, **changes):
    tried = budget("tried", 10**6, scope={}, stages=stages, mode=BudgetMode.SHADOW)
    house = make(ALL, replace(tried, **changes))
    house.totals.posted["tried", DAY] = percent * 10_000
    return house


def sentences(decision):
    return [note.sentence for note in decision.shadow]


@pytest.mark.parametrize(
    ("percent", "would"),
    [
        (50, "try others first that cost less"),
        (70, "try others first that cost less, and make the answer shorter"),
        (90, "keep this model for calls of priority critical"),
    ],
)
def test_the_answer_tells_what_a_stage_in_shadow_mode_would_do_and_nothing_is_done(percent, would):
    decision = shadow(percent).decide(request())

    assert sentences(decision) == [f"Budget tried, {percent} % spent, would {would}."]
    assert (decision.code, decision.model_used) == (ReasonCode.WITHIN_BUDGETS, DEAR)
    assert decision.output_limit_sent_tokens == 100
    assert decision.stages == ()


def test_before_a_stage_begins_nothing_is_told():
    assert sentences(shadow(49).decide(request())) == []


@pytest.mark.parametrize(
    "changes",
    [{"max_tokens": 10}, {"lower_output_limit": False}, {"model_id": CHEAP, "max_tokens": 10}],
)
def test_a_stage_that_would_change_nothing_of_this_call_is_not_told(changes):
    only = Stages(lower_output_percent=70)

    assert sentences(shadow(80, stages=only).decide(request(**changes))) == []


def test_a_critical_call_is_not_kept_from_a_model():
    only = Stages(critical_only_percent=70)

    assert sentences(shadow(80, stages=only).decide(request(priority=Priority.CRITICAL))) == []


def test_a_model_without_a_ladder_has_no_others():
    only = Stages(prefer_ladder_percent=70)

    assert sentences(shadow(80, stages=only).decide(request(model_id=CHEAP))) == []
    assert len(sentences(shadow(80, stages=only, make=sentry).decide(routed()))) == 1


def test_a_budget_of_another_model_says_nothing():
    assert sentences(shadow(95, scope={"model": CHEAP}).decide(request())) == []


def test_a_budget_that_would_refuse_the_call_says_that_and_no_more():
    [told] = sentences(shadow(100).decide(request()))

    assert told.startswith("Budget tried would refuse this")


def test_it_is_read_by_the_question_that_the_budget_is_read_by_anyway():
    house = shadow(80)

    house.decide(request())

    assert house.totals.reads == 1
