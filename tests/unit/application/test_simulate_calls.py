"""One configuration at work on calls in the order of their times, and two side by side."""

from datetime import timedelta
from fractions import Fraction

import pytest

from cost_sentry.application.simulate_calls import simulate
from cost_sentry.application.simulated_call import Assumed, CallEnd
from cost_sentry.domain.budget import Stages, Unit
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.sentry_config import Model
from cost_sentry.domain.window import WindowKind
from tests.fakes.admissions import CHEAP, DEAR, config
from tests.fakes.builders import budget
from tests.fakes.policies import policies
from tests.fakes.simulations import call, decisions, lengths, sentry, usage

RICH = budget("everything", 10**9, scope={})
NO_LADDER = {DEAR: Model(id=DEAR)}
SEARCH_ON_DEAR = ("search", "web", DEAR)


def codes(of, *calls):
    return [decision.code for decision in decisions(of, calls)]


def test_a_call_in_flight_keeps_its_place_until_it_has_run_and_no_longer():
    cap = budget("cap", 1, unit=Unit.IN_FLIGHT, window=WindowKind.NONE)
    of = sentry(config(RICH, cap))

    found = codes(of, call("r1", at=0), call("r2", at=1.999), call("r3", at=2))

    allowed, refused = ReasonCode.WITHIN_BUDGETS, ReasonCode.BUDGET_EXHAUSTED
    assert found == [allowed, refused, allowed]


def test_a_window_of_a_minute_is_full_until_the_next_minute_of_the_calls_own_time():
    rate = budget("rate", 1, unit=Unit.REQUESTS, window=WindowKind.MINUTE)

    found = codes(sentry(config(rate)), call("r1"), call("r2", at=59), call("r3", at=60))

    assert [code is ReasonCode.WITHIN_BUDGETS for code in found] == [True, False, True]


def test_what_a_call_did_not_use_pays_for_the_next_one():
    quote, cost = 10 * (100 + 100), 10 * (50 + 20)
    of = sentry(config(daily := budget(limit=quote + cost), models=NO_LADDER))
    whole = {"lower_output_limit": False, "prompt_tokens": None}

    found = codes(of, call("r1", **whole), call("r2", at=1, **whole), call("r3", at=2, **whole))

    assert [code is ReasonCode.WITHIN_BUDGETS for code in found] == [True, False, True]
    assert of.ledger.balance(daily, "2026-11-21").posted == 2 * cost


def test_spend_is_told_by_team_application_and_the_model_that_ran():
    of = sentry(config(RICH))

    decisions(of, [call("r1"), call("r2", at=1), call("r3", at=2, model_id=CHEAP)])

    assert of.spent == {SEARCH_ON_DEAR: 2 * 10 * 70, ("search", "web", CHEAP): 2 * 70}


@pytest.mark.parametrize(
    ("ended", "cost"),
    [
        ({"end": CallEnd.VOIDED, "usage": None}, 0),
        ({"end": CallEnd.SETTLED, "usage": None}, 10 * 200),
        ({"end": CallEnd.UNKNOWN, "usage": None}, 10 * (50 + 25)),
        ({"end": CallEnd.SETTLED, "usage": usage(40, 5)}, 10 * 45),
    ],
    ids=["did not run", "nobody knows", "never ran", "reported"],
)
def test_a_call_costs_what_became_of_it(ended, cost):
    assumed = Assumed(input_share=Fraction(1, 2), answers=lengths((25, 100)))
    of = sentry(config(RICH), assumed=assumed)

    decisions(of, [call("r1", prompt_tokens=None, **ended)])

    assert of.spent[SEARCH_ON_DEAR] == cost


def test_an_answer_that_is_cut_short_ends_there():
    of = sentry(config(budget(limit=10 * (100 + 70)), models=NO_LADDER))
    long = call("r1", usage=usage(100, 90), prompt_tokens=None)

    (decision,) = decisions(of, [long])

    assert decision.code is ReasonCode.OUTPUT_LIMIT_LOWERED
    assert of.spent[SEARCH_ON_DEAR] == 10 * (100 + 70)


def test_an_answer_of_which_nobody_knows_is_as_long_under_a_lowered_limit_but_for_its_end():
    """It would use 75 tokens of the 100 that it asked for, and is cut at 70."""
    of = sentry(
        config(budget(limit=10 * (100 + 70)), models=NO_LADDER),
        assumed=Assumed(answers=lengths((75, 100))),
    )

    decisions(of, [call("r1", usage=None, end=CallEnd.UNKNOWN)])

    assert of.spent[SEARCH_ON_DEAR] == 10 * (100 + 70)


def test_a_prompt_whose_tokens_are_known_is_held_as_if_it_had_been_counted():
    tight = budget(limit=10 * (50 + 64 + 2 + 100))
    counted, uncounted = (
        decisions(sentry(config(tight)), [call("r1", input_bound_tokens=1_000, prompt_tokens=n)])[0]
        for n in (50, None)
    )

    assert counted.code is ReasonCode.WITHIN_BUDGETS
    assert counted.reservation.input_bound_tokens == 50 + 64 + 2
    assert uncounted.code is not ReasonCode.WITHIN_BUDGETS


def test_a_request_id_that_comes_again_is_answered_once():
    of = sentry(config(RICH))

    found = codes(of, call("r1"), call("r1", at=5), call("r1", at=9, digest="other"))

    assert found == [
        ReasonCode.WITHIN_BUDGETS,
        ReasonCode.ALREADY_ANSWERED,
        ReasonCode.REQUEST_ID_REUSED,
    ]
    assert of.spent.total() == 10 * 70


def test_a_call_that_is_not_counted_holds_its_money_and_is_not_told():
    cap = budget("cap", 1, unit=Unit.IN_FLIGHT, window=WindowKind.NONE)
    of = sentry(config(RICH, cap))

    found = codes(of, call("r1", is_counted=False), call("r2", at=1))

    assert found[1] is ReasonCode.BUDGET_EXHAUSTED
    assert of.spent == {}


def test_policies_look_at_the_calls_own_clock():
    at_noon = "forbid (principal, action, resource) when { context.hour == 12 };"
    of = sentry(config(RICH, policies=policies(no_calls_at_noon=at_noon)))

    found = codes(of, call("r1"), call("r2", at=3_600))

    assert found == [ReasonCode.FORBIDDEN_BY_POLICY, ReasonCode.WITHIN_BUDGETS]


def test_a_window_starts_with_what_it_had_posted_before():
    of = sentry(config(budget(limit=3_000)), posted={"search-daily@2026-11-21": 1_001})
    whole = {"lower_output_limit": False, "prompt_tokens": None}

    (decision,) = decisions(of, [call("r1", **whole)])

    assert (decision.kind, decision.model_used) == (DecisionKind.REROUTE, CHEAP)


def test_a_call_of_unknown_duration_runs_as_long_as_is_assumed():
    cap = budget("cap", 1, unit=Unit.IN_FLIGHT, window=WindowKind.NONE)
    of = sentry(config(RICH, cap), assumed=Assumed(duration=timedelta(seconds=7)))

    found = codes(of, call("r1", duration=None), call("r2", at=6), call("r3", at=7))

    assert [code is ReasonCode.WITHIN_BUDGETS for code in found] == [True, False, True]


def test_two_configurations_decide_each_on_a_ledger_of_its_own():
    poor, rich = sentry(config(budget(limit=2_000))), sentry(config(budget(limit=10_000)))
    calls = [call(f"r{n}", at=n / 10, lower_output_limit=False, model_id=CHEAP) for n in range(8)]

    compared = list(simulate(calls, poor, rich))

    assert [one.request.request_id for one, _, _ in compared] == [f"r{n}" for n in range(8)]
    poor_refused, rich_refused = (
        sum(pair[side].kind is DecisionKind.REJECT for _, *pair in compared) for side in (0, 1)
    )
    assert (poor_refused, rich_refused) == (3, 0)
    assert (poor.spent.total(), rich.spent.total()) == (5 * 140, 8 * 140)


def test_stages_are_in_force_by_what_the_calls_before_have_spent():
    day = budget("day", 10_000, stages=Stages(critical_only_percent=50))
    of = sentry(config(day), posted={"day@2026-11-21": 4_999})

    found = codes(of, call("r1"), call("r2", at=20))

    assert found == [ReasonCode.WITHIN_BUDGETS, ReasonCode.CRITICAL_ONLY]
