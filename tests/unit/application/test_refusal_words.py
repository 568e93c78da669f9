"""A refusal says whether waiting helps, and what helps if it does not."""

from dataclasses import replace

import pytest

from cost_sentry.domain.budget import Unit
from cost_sentry.domain.decision import ReasonCode
from cost_sentry.domain.token_bound import UNBOUNDED_TOKENS
from cost_sentry.domain.window import WindowKind
from tests.fakes.admissions import BLIND, Sentry, request
from tests.fakes.builders import budget

NO_LADDER = "the model has no ladder"
NO_LOWER = ", and no lower output limit fits"


def said(of, *budgets, **changes):
    decision = Sentry(*budgets, **changes).decide(of)
    assert decision.code is ReasonCode.BUDGET_EXHAUSTED
    return decision.message


def alone(**changes):
    """For a model without a ladder, at a picodollar a token."""
    return request(**{"model_id": BLIND, **changes})


@pytest.mark.parametrize(
    ("unit", "limit", "changes", "because", "helps"),
    [
        (
            Unit.USD,
            110,
            {"lower_output_limit": False},
            "one such call may cost $0.0000000002, more than the whole limit of $0.00000000011",
            "raise the limit, ask for less output, or choose another model",
        ),
        (
            Unit.USD,
            90,
            {},
            "one such call may cost $0.0000000002, more than the whole limit of $0.00000000009",
            "raise the limit, shorten the prompt, or choose another model",
        ),
        (
            Unit.USD,
            90,
            {"input_bound_tokens": UNBOUNDED_TOKENS},
            "one such call may cost $0.000000010586, more than the whole limit of $0.00000000009",
            "raise the limit, send the text instead of the file, or choose another model",
        ),
        (
            Unit.TOKENS,
            110,
            {},
            "one such call may use 200 tokens, more than the whole limit of 110 tokens",
            "raise the limit, ask for less output, or choose another model",
        ),
        (
            Unit.INPUT_TOKENS,
            99,
            {},
            "one such call may use 100 input tokens, more than the whole limit of 99 input tokens",
            "raise the limit, shorten the prompt, or choose another model",
        ),
        (
            Unit.OUTPUT_TOKENS,
            99,
            {"lower_output_limit": False},
            (
                "one such call may use 100 output tokens,"
                " more than the whole limit of 99 output tokens"
            ),
            "raise the limit, ask for less output, or choose another model",
        ),
        (Unit.REQUESTS, 0, {}, "its limit is 0 requests", "raise the limit"),
    ],
)
def test_what_no_window_can_pay_for_is_named_in_its_unit_with_what_helps(
    unit, limit, changes, because, helps
):
    message = said(alone(**changes), budget(limit=limit, unit=unit))

    spared = unit in (Unit.USD, Unit.TOKENS, Unit.OUTPUT_TOKENS)
    lowers = spared and changes.get("lower_output_limit", True)
    ladder = NO_LADDER + (NO_LOWER if lowers else "")
    assert message == f"budget search-daily can never pay for it: {because}; {ladder}; {helps}"


def test_a_cap_of_no_calls_in_flight_never_ends_by_waiting():
    cap = budget("calls", 0, unit=Unit.IN_FLIGHT, window=WindowKind.NONE)

    message = said(alone(), cap, budget("rich", 10**6))

    assert "budget calls can never pay for it: its limit is 0 calls in flight" in message


def test_a_call_that_a_new_window_pays_for_with_a_lower_output_limit_may_wait():
    """In full it never fits; shortened it does, once the window is empty again."""
    sentry = Sentry(budget(limit=180))
    sentry.decide(alone(request_id="first", max_tokens=50))

    message = sentry.decide(alone(request_id="second", max_tokens=100)).message

    assert "has too little left until it resets at 2026-11-22" in message
    assert sentry.ledger.pending()


def test_a_budget_of_very_many_shards_says_how_much_it_may_have_missed():
    sentry = Sentry(budget(limit=1_000))
    told = sentry.ledger.reserve

    def reserve(reservation):
        """As the ledger on DynamoDB tells it of a crowded window."""
        answer = told(replace(reservation, holds=(replace(reservation.holds[0], amount=1_001),)))
        return replace(answer, out_of_reach_percent_max=1)

    sentry.ledger.reserve = reserve

    assert sentry.decide(alone()).message.startswith(
        "budget search-daily has too little left until it resets at 2026-11-22T00:00:00+00:00"
        " (up to 1 % of its limit may be free, but out of reach); "
    )


def test_the_ladder_is_spoken_of_where_there_is_one():
    message = said(request(), budget(limit=10))

    assert "; no model of the ladder fits either, nor does a lower output limit; raise" in message
