from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.domain.alert import (
    is_used_up,
    run_out_at,
    thresholds_crossed,
    used_up_window,
)
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from tests.fakes.builders import NOON
from tests.fakes.refusals import refusal, view

MIDNIGHT = datetime(2026, 11, 21, tzinfo=UTC)
NEXT = MIDNIGHT + timedelta(days=1)
USUAL = (50, 80, 100)
REROUTED = {"kind": DecisionKind.REROUTE, "code": ReasonCode.REROUTED_TO_FIT}


@pytest.mark.parametrize(
    ("posted", "crossed"),
    [(0, ()), (499, ()), (500, (50,)), (799, (50,)), (800, (50, 80)), (1_000, USUAL)],
)
def test_a_threshold_is_crossed_when_it_is_reached(posted, crossed):
    assert thresholds_crossed(USUAL, posted=posted, limit=1_000) == crossed


def test_a_threshold_that_was_told_of_is_not_crossed_again():
    assert thresholds_crossed(USUAL, posted=1_000, limit=1_000, alerted={50, 80}) == (100,)


def test_a_limit_of_zero_is_crossed_by_the_first_posting_and_not_before():
    assert thresholds_crossed(USUAL, posted=0, limit=0) == ()
    assert thresholds_crossed(USUAL, posted=1, limit=0) == USUAL


@given(st.integers(1, 10**30), st.integers(1, 10**30), st.sets(st.integers(1, 300), max_size=5))
def test_crossing_is_exact_for_any_amount(posted, limit, thresholds):
    crossed = thresholds_crossed(thresholds, posted=posted, limit=limit)

    assert set(crossed) == {t for t in thresholds if -(-limit * t // 100) <= posted}


@pytest.mark.parametrize(
    ("left", "limit", "used_up"),
    [(50, 1_000, False), (49, 1_000, True), (0, 1_000, True), (-7, 1_000, True), (0, 0, False)],
)
def test_less_than_a_twentieth_left_is_used_up(left, limit, used_up):
    assert is_used_up(left=left, limit=limit) is used_up


@given(st.integers(0, 10**30), st.integers(1, 10**30), st.integers(0, 10**30))
def test_a_budget_used_up_stays_so_when_more_is_spent_and_at_any_scale(left, limit, more):
    used_up = is_used_up(left=left, limit=limit)

    assert used_up is (left * 100 < 5 * limit)
    assert is_used_up(left=left * 7, limit=limit * 7) is used_up
    assert is_used_up(left=left - more, limit=limit) or not used_up


@given(
    st.integers(0, 2_000), st.sets(st.integers(1, 120), max_size=5), st.sets(st.integers(1, 120))
)
def test_a_budget_used_up_has_reached_one_hundred_percent_and_nothing_else_more(
    posted, thresholds, alerted
):
    amounts = {"posted": posted, "limit": 1_000, "alerted": alerted}
    without = set(thresholds_crossed(thresholds, **amounts))

    crossed = thresholds_crossed(thresholds, **amounts, used_up=True)

    told_now = {100} & (thresholds - alerted) if posted else set()
    assert set(crossed) == without | told_now
    assert list(crossed) == sorted(crossed)


def test_a_refusal_names_the_budget_that_it_found_used_up():
    enough, short = view("all", left=None, binding=False), view("search-daily", left=49)

    assert used_up_window(refusal(enough, short)) == ("search-daily", "2026-11-21")


@pytest.mark.parametrize(
    "goes_on",
    [
        REROUTED,
        {"kind": DecisionKind.ALLOW, "code": ReasonCode.OUTPUT_LIMIT_LOWERED},
        {"kind": DecisionKind.REROUTE, "code": ReasonCode.OUTPUT_LIMIT_LOWERED},
    ],
    ids=["rerouted", "lowered", "both"],
)
def test_a_call_that_goes_on_otherwise_names_the_budget_that_could_not_pay_for_it(goes_on):
    """The rung's budgets are others, or have enough for it."""
    decision = refusal(view("all"), short=view("search-daily", left=49), **goes_on)

    assert used_up_window(decision) == ("search-daily", "2026-11-21")


@pytest.mark.parametrize(
    "other",
    [
        refusal(view(left=50)),
        refusal(view(left=0, binding=False)),
        refusal(view(left=None)),
        refusal(view(left=0, limit=None)),
        refusal(),
        refusal(view(left=0), kind=DecisionKind.REROUTE, code=ReasonCode.REROUTED_TO_FIT),
        refusal(short=view(left=50), **REROUTED),
        refusal(short=view(left=0, unit=Unit.IN_FLIGHT), **REROUTED),
        refusal(view(left=0), code=ReasonCode.LEDGER_UNAVAILABLE),
        refusal(view(left=0, unit=Unit.IN_FLIGHT)),
    ],
    ids=[
        *("enough", "not binding", "left unknown", "limit unknown", "none"),
        *("only the rung's budgets", "reroute with enough", "reroute in flight"),
        *("fault", "in flight"),
    ],
)
def test_any_other_decision_names_none(other):
    assert used_up_window(other) is None


def test_at_half_the_day_and_three_quarters_of_the_money_it_runs_out_at_four():
    at = run_out_at(posted=750, limit=1_000, since=MIDNIGHT, now=NOON, window_end=NEXT)

    assert at == NOON + timedelta(hours=4)


def test_a_rate_that_lasts_to_the_end_runs_out_never():
    at = run_out_at(posted=500, limit=1_000, since=MIDNIGHT, now=NOON, window_end=NEXT)

    assert at is None


def test_a_spent_budget_has_run_out_now():
    assert run_out_at(posted=1_200, limit=1_000, since=MIDNIGHT, now=NOON, window_end=NEXT) == NOON


@pytest.mark.parametrize(
    ("posted", "since"), [(0, MIDNIGHT), (10, NOON), (10, NOON + timedelta(hours=1))]
)
def test_without_spending_or_time_there_is_no_rate(posted, since):
    assert run_out_at(posted=posted, limit=1_000, since=since, now=NOON, window_end=None) is None


def test_a_date_beyond_the_calendar_is_no_date():
    at = run_out_at(posted=1, limit=10**30, since=MIDNIGHT, now=NOON, window_end=None)

    assert at is None


@given(
    posted=st.integers(1, 10**20),
    limit=st.integers(1, 10**20),
    elapsed=st.integers(1, 10**12),
)
def test_at_the_forecast_moment_the_rate_has_spent_the_limit_and_not_before(posted, limit, elapsed):
    now = MIDNIGHT + timedelta(microseconds=elapsed)

    at = run_out_at(posted=posted, limit=limit, since=MIDNIGHT, now=now, window_end=None)

    if at is not None and posted < limit:
        whole = (at - MIDNIGHT) // timedelta(microseconds=1)
        assert posted * whole >= limit * elapsed > posted * (whole - 1)
