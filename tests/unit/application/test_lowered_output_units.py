"""Which budgets shorten answers: by what they count, and by how soon they are full again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.application.candidates import candidates_for
from cost_sentry.application.output_limit import affordable_output
from cost_sentry.application.ports import Remaining, Shortage
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.reservation import Hold
from cost_sentry.domain.window import WindowKind
from tests.fakes.admissions import BLIND, DAY, DEAR, Counter, Sentry, SmallBook, config, request
from tests.fakes.builders import NOON, budget

ALONE = {"model_id": BLIND}
"""A model without a ladder, a picodollar a token in and out."""


def lowered_to(decision):
    assert decision.code is ReasonCode.OUTPUT_LIMIT_LOWERED
    return decision.reservation.output_limit_tokens


def test_a_token_budget_is_lowered_to_the_tokens_left():
    tokens = budget("tokens", 177, unit=Unit.TOKENS)

    assert lowered_to(Sentry(tokens).decide(request(**ALONE))) == 77


@pytest.mark.parametrize(
    ("unit", "limit"), [(Unit.INPUT_TOKENS, 120), (Unit.REQUESTS, 1), (Unit.IN_FLIGHT, 1)]
)
def test_what_no_shorter_answer_makes_fit_is_refused_at_once(unit, limit):
    sentry = Sentry(budget(limit=1_000), budget("other", limit, unit=unit))
    assert sentry.decide(request("r1", **ALONE)).reservation is not None

    refused = sentry.decide(request("r2", **ALONE))

    assert refused.code is ReasonCode.BUDGET_EXHAUSTED
    assert [v.budget_id for v in refused.budgets if v.binding] == ["other"]
    assert all("output tokens" not in rung.outcome for rung in refused.rungs)
    assert "output limit" not in refused.message


def test_a_budget_of_output_tokens_is_lowered_to_the_tokens_left():
    written = budget("written", 77, unit=Unit.OUTPUT_TOKENS)

    assert lowered_to(Sentry(written).decide(request(**ALONE))) == 77


def test_a_budget_of_input_tokens_is_not_spared_by_a_shorter_answer():
    read = budget("read", 99, unit=Unit.INPUT_TOKENS)

    decision = Sentry(read, budget(limit=180)).decide(request(**ALONE))

    assert decision.kind is DecisionKind.REJECT


@pytest.mark.parametrize("unit", Unit)
@given(left=st.integers(0, 500), prompt=st.integers(0, 200), asked=st.integers(0, 200))
def test_the_affordable_output_of_any_unit_holds_no_more_than_is_left(unit, left, prompt, asked):
    [candidate] = candidates_for(
        request(**ALONE, input_bound_tokens=prompt, max_tokens=asked),
        config(budget(unit=unit)),
        SmallBook(),
    )
    hold = Hold(budget_id="search-daily", window_id=DAY, unit=unit, amount=1)
    remaining = Remaining(budget_id="search-daily", window_id=DAY, limit=500, left=left, as_of=NOON)

    affordable = affordable_output(candidate, Shortage(hold=hold, remaining=remaining))

    if affordable is not None and affordable >= 0:
        held = candidate.within(output_limit_tokens=affordable).holds(NOON)
        assert sum(hold.amount for hold in held) <= left
        assert affordable <= asked


def test_a_budget_per_minute_is_waited_for_unless_waiting_does_not_help():
    """It has room for 180 tokens a minute; a call of 170 fits in the next one, one of 200 never."""
    minute = budget("rate", 180, unit=Unit.TOKENS, window=WindowKind.MINUTE)
    sentry = Sentry(minute)
    used = sentry.decide(request("used", **ALONE, input_bound_tokens=10, max_tokens=4))

    waits = sentry.decide(request("r2", **ALONE, max_tokens=70))
    never_fits = sentry.decide(request("r3", **ALONE, max_tokens=100))

    assert used.kind is DecisionKind.ALLOW
    assert waits.code is ReasonCode.BUDGET_EXHAUSTED
    assert "output limit" not in waits.message
    assert lowered_to(never_fits) == 66


def test_a_prompt_whose_count_fits_into_its_budget_may_still_have_its_answer_shortened():
    read = budget("read", 150, unit=Unit.INPUT_TOKENS)
    sentry = Sentry(read, budget("of-dear", 1_700, scope={"model": DEAR}), counter=Counter(dear=20))

    decision = sentry.decide(request(input_bound_tokens=200))

    assert decision.model_used == DEAR
    assert lowered_to(decision) == 170 - 85
