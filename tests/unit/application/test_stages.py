"""A budget that runs out: first its ladder, then shorter answers, then only what is critical."""

from datetime import timedelta

import pytest

from cost_sentry.application.budget_levels import WINDOWS_KNOWN_MAX, BudgetLevels, Level
from cost_sentry.domain.budget import Stages, Unit
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.invocation import Priority
from cost_sentry.domain.window import WindowKind
from tests.fakes.admissions import BLIND, CHEAP, DEAR, PostedTotals, Sentry, config, request
from tests.fakes.builders import NOON, budget

STAGES = Stages(prefer_ladder_percent=50, lower_output_percent=70, critical_only_percent=90)
CALL = 2_000
"""Of the dear model; 400 of the cheap one."""


def sentry(limit=100_000, stages=STAGES, **changes):
    return Sentry(budget("day", limit, stages=stages, **changes))


def told(sentry, percent, limit=100_000):
    """So much is posted now."""
    one = sentry.admission.config_source.current().budgets[0]
    window = one.window_at(sentry.clock.now()).id
    sentry.totals.posted["day", window] = limit * percent // 100


def decided(percent, stages=STAGES, **changes):
    house = sentry(stages=stages)
    told(house, percent)
    return house.decide(request(**changes))


@pytest.mark.parametrize(
    ("percent", "model", "output"),
    [(0, DEAR, 100), (49, DEAR, 100), (50, CHEAP, 100), (69, CHEAP, 100), (70, CHEAP, 64)],
)
def test_the_ladder_comes_first_and_then_answers_are_shorter(percent, model, output):
    decision = decided(percent)

    assert (decision.model_used, decision.output_limit_sent_tokens) == (model, output)


def test_a_reroute_that_saves_says_so_and_by_which_budget():
    decision = decided(53)

    assert (decision.kind, decision.code) == (DecisionKind.REROUTE, ReasonCode.REROUTED_TO_SAVE)
    assert decision.message == (
        f"budget day is 53 % spent, and from 50 % the ladder comes first; {CHEAP} fits"
    )


def test_a_shorter_answer_says_so_and_by_which_budget():
    decision = decided(71, stages=Stages(lower_output_percent=70))

    assert decision.code is ReasonCode.OUTPUT_LIMIT_LOWERED
    assert decision.message == (
        "budget day is 71 % spent, and from 70 % answers are shorter;"
        " maxTokens is 64 instead of 100"
    )


@pytest.mark.parametrize(("asked", "sent"), [(400, 200), (130, 65), (100, 64), (64, 64), (10, 10)])
def test_half_of_what_was_asked_for_is_sent_and_never_less_than_an_answer(asked, sent):
    decision = decided(70, stages=Stages(lower_output_percent=70), max_tokens=asked)

    assert decision.output_limit_sent_tokens == sent


def test_who_declines_a_shorter_answer_gets_the_whole_of_it():
    decision = decided(80, stages=Stages(lower_output_percent=70), lower_output_limit=False)

    assert (decision.code, decision.output_limit_sent_tokens) == (ReasonCode.WITHIN_BUDGETS, 100)


@pytest.mark.parametrize(
    ("priority", "code"),
    [
        (Priority.CRITICAL, ReasonCode.REROUTED_TO_SAVE),
        (Priority.NORMAL, ReasonCode.CRITICAL_ONLY),
        (Priority.LOW, ReasonCode.CRITICAL_ONLY),
    ],
)
def test_at_the_end_only_what_is_critical_is_served(priority, code):
    stages = Stages(prefer_ladder_percent=50, critical_only_percent=90)

    assert decided(90, stages=stages, priority=priority).code is code


def test_such_a_refusal_holds_nothing_and_names_budget_percent_and_reset():
    house = sentry()
    told(house, 93)

    decision = house.decide(request())

    assert decision.kind is DecisionKind.REJECT
    assert decision.reservation is None
    assert decision.message == (
        "budget day is 93 % spent, and from 90 % it serves priority critical only"
        " until it resets at 2026-11-22T00:00:00+00:00"
    )
    assert decision.retry_after_seconds == 12 * 3_600
    [view] = decision.budgets
    assert (view.budget_id, view.binding, view.limit, view.left) == ("day", True, 100_000, 7_000)
    assert view.needed == CALL
    assert list(house.ledger.pending()) == []


def test_a_budget_that_never_resets_gives_no_hope():
    house = sentry(window=WindowKind.NONE)
    told(house, 95)

    decision = house.decide(request())

    assert decision.code is ReasonCode.CRITICAL_ONLY
    assert decision.retry_after_seconds is None
    assert "until" not in decision.message


def test_what_is_posted_is_read_every_ten_seconds_and_no_more():
    house = sentry()
    house.decide(request("r1"), "e1")
    told(house, 99)

    for number, seconds in enumerate((0, 9, 0)):
        house.clock.time += timedelta(seconds=seconds)
        code = house.decide(request(f"s{number}"), f"s{number}").code
        assert code is ReasonCode.WITHIN_BUDGETS
    house.clock.time += timedelta(seconds=1)

    assert house.decide(request("r2"), "e2").code is ReasonCode.CRITICAL_ONLY
    assert house.totals.reads == 2


def test_a_stage_ends_when_money_comes_back_or_the_limit_is_raised():
    house = sentry()
    told(house, 95)
    assert house.decide(request("r1"), "e1").code is ReasonCode.CRITICAL_ONLY

    told(house, 10)
    house.clock.time += timedelta(seconds=10)
    assert house.decide(request("r2"), "e2").code is ReasonCode.WITHIN_BUDGETS

    told(house, 95)
    house.clock.time += timedelta(seconds=10)
    raised = budget("day", 1_000_000, stages=STAGES)
    house.admission.config_source.config = config(raised)
    assert house.decide(request("r3"), "e3").code is ReasonCode.WITHIN_BUDGETS


def test_what_lies_held_or_free_in_shards_is_not_spent():
    house = sentry(limit=10 * CALL, stages=Stages(critical_only_percent=50))

    codes = {house.decide(request(f"r{n}"), f"e{n}").code for n in range(10)}

    assert codes == {ReasonCode.WITHIN_BUDGETS}


def test_a_journal_that_cannot_be_read_puts_no_stage_in_force():
    house = sentry()
    told(house, 99)
    house.totals.is_silent = True

    assert house.decide(request()).code is ReasonCode.WITHIN_BUDGETS


def test_of_another_window_nothing_is_posted():
    house = sentry()
    told(house, 99)
    house.clock.time += timedelta(days=1)

    assert house.decide(request()).code is ReasonCode.WITHIN_BUDGETS


def test_a_ladder_whose_rungs_do_not_fit_ends_with_the_model_that_was_asked_for():
    house = Sentry(
        budget("day", 100_000, stages=STAGES),
        *(budget(f"no-{n}", 1, scope={"model": m}) for n, m in enumerate((CHEAP, BLIND))),
    )
    told(house, 60)

    decision = house.decide(request())

    assert (decision.model_used, decision.code) == (DEAR, ReasonCode.WITHIN_BUDGETS)


def test_a_refusal_names_the_budget_of_the_model_that_was_asked_for_wherever_it_was_tried():
    poor = budget("poor", 100, scope={"model": DEAR})
    small = budget("small", 50, scope={"model": CHEAP})
    house = Sentry(
        budget("day", 100_000, stages=Stages(prefer_ladder_percent=50)),
        poor,
        small,
        budget("none", 1, scope={"model": BLIND}),
    )
    told(house, 60)

    decision = house.decide(request(lower_output_limit=False))

    assert decision.code is ReasonCode.BUDGET_EXHAUSTED
    assert [v.budget_id for v in decision.budgets if v.binding] == ["poor"]
    assert [rung.model_id for rung in decision.rungs] == [CHEAP, BLIND, DEAR]


@pytest.mark.parametrize(
    ("limit", "posted", "percent"), [(3, 0, 0), (3, 1, 33), (3, 2, 66), (3, 4, 133), (0, 0, 100)]
)
def test_a_level_is_rounded_down_and_a_budget_of_nothing_is_used_up(limit, posted, percent):
    assert Level(budget=budget("day", limit), posted=posted, as_of=NOON).percent == percent


def test_a_bounded_number_of_windows_is_known():
    levels = BudgetLevels(PostedTotals)
    for n in range(WINDOWS_KNOWN_MAX + 1):
        levels.levels([budget(f"b{n}")], NOON)

    assert len(levels._read) == 1


def test_budgets_without_stages_are_never_looked_at():
    house = Sentry(budget("day", 100_000, unit=Unit.REQUESTS), budget("all", 10**9, scope={}))

    house.decide(request())

    assert house.totals.reads == 0


def test_windows_that_are_not_known_are_read_by_one_question_and_each_once():
    totals, budgets = PostedTotals(), [budget(f"b{n}") for n in range(5)]
    levels = BudgetLevels(lambda: totals)

    levels.levels(budgets[:1], NOON)
    known = levels.levels([*budgets, budgets[4]], NOON)

    assert totals.reads == 2
    assert [one.budget.id for one in known] == ["b0", "b1", "b2", "b3", "b4", "b4"]


def test_a_journal_that_is_silent_is_not_asked_again_for_a_while():
    totals, day, week = PostedTotals(), budget("day"), budget("week")
    levels = BudgetLevels(lambda: totals)
    totals.is_silent = True

    for seconds in (0, 4.9, -4.9):
        assert levels.levels([day], NOON + timedelta(seconds=seconds)) == []
    assert totals.reads == 1

    totals.is_silent = False
    later = NOON + timedelta(seconds=5)
    assert [level.as_of for level in levels.levels([day, week], later)] == [later, later]


def test_without_a_journal_nothing_is_known():
    assert BudgetLevels().levels([budget("day", 3, stages=STAGES)], NOON) == []


def test_the_budget_that_lowered_an_answer_is_the_one_that_is_named():
    """Though the rungs that came first were too dear for budgets of their own."""
    house = Sentry(
        budget("day", 100_000, stages=Stages(prefer_ladder_percent=50, lower_output_percent=60)),
        *(budget(f"no-{n}", 1, scope={"model": m}) for n, m in enumerate((CHEAP, BLIND))),
    )
    told(house, 60)

    decision = house.decide(request())

    assert (decision.model_used, decision.code) == (DEAR, ReasonCode.OUTPUT_LIMIT_LOWERED)
    assert decision.message.startswith("budget day is 60 % spent, and from 60 % answers")
    assert decision.short is None
