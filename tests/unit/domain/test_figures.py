"""What CloudWatch is told of calls: by team and model, and by nothing that callers could choose."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.domain.budget import Unit
from cost_sentry.domain.decision import BudgetView, Decision, DecisionKind, ReasonCode
from cost_sentry.domain.figures import (
    AGE,
    DECIDED,
    FIGURES,
    OTHER,
    SPEND,
    figures_of,
    figures_of_refusal,
)
from cost_sentry.domain.ledger_entry import EntryKind
from cost_sentry.domain.reservation import ReservationState
from tests.fakes.builders import NOON, budget, resolution
from tests.fakes.configurations import configuration
from tests.fakes.entries import Account

CONFIG = configuration(budget())
NOVA = next(iter(CONFIG.models))


def view(budget_id, *, binding):
    return BudgetView(
        budget_id=budget_id,
        window_id="2026-11-21",
        unit=Unit.USD,
        limit=1_000,
        left=3,
        left_as_of=NOON,
        needed=50,
        resets_at=None,
        binding=binding,
    )


def rejected(**changes):
    told = Decision(
        kind=DecisionKind.REJECT,
        code=ReasonCode.BUDGET_EXHAUSTED,
        message="too little left",
        request_id="r1",
        model_asked=NOVA,
        budgets=(view("search-daily", binding=True), view("organisation", binding=False)),
        tags={"team": "search", "user": "ann"},
    )
    return replace(told, **changes)


def test_a_call_is_told_when_it_begins_and_what_it_cost_when_it_ends():
    began, ended = Account().call("r1", 40)

    [first], [last] = figures_of([began]), figures_of([ended])

    assert (first.counts, first.spend_picodollars) == ({"CallsAllowed": 1}, 0)
    assert (last.counts, last.spend_picodollars) == ({}, ended.resolution.cost_picodollars)
    assert set(first.dimensions) == {"team", "model"}


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=20))
def test_calls_that_are_alike_are_told_together_and_no_picodollar_is_lost(costs):
    account = Account()
    entries = [e for n, cost in enumerate(costs) for e in account.call(f"r{n}", cost)]

    [told] = figures_of(entries)

    ends = [e.resolution.cost_picodollars for e in entries if e.kind is EntryKind.SETTLE]
    assert told.counts == {"CallsAllowed": len(costs)}
    assert told.spend_picodollars == sum(ends)


def test_money_that_only_moved_is_nobodys_figure():
    assert figures_of([Account().allot(100)]) == ()


@pytest.mark.parametrize("state", [ReservationState.VOIDED, ReservationState.EXPIRED])
def test_a_true_cost_that_comes_late_is_told_as_the_difference(state):
    account = Account()
    held = account.reserve("r1").reservation
    late = account.adjust(held, resolution(30, state=state))

    [told] = figures_of([late])

    true_cost = 0 if state is ReservationState.VOIDED else 30
    assert told.spend_picodollars == true_cost - held.quote_picodollars


def test_a_refusal_counts_for_team_and_model_and_for_the_budgets_that_refused():
    told = figures_of_refusal(rejected(), CONFIG)

    assert [(dict(one.dimensions), dict(one.counts)) for one in told] == [
        ({"team": "search", "model": NOVA}, {"CallsRejected": 1}),
        ({"budget": "search-daily"}, {"Refusals": 1}),
    ]


def test_a_refusal_for_another_reason_is_no_budgets():
    assert len(figures_of_refusal(rejected(code=ReasonCode.FORBIDDEN_BY_POLICY), CONFIG)) == 1


@pytest.mark.parametrize("kind", [DecisionKind.ALLOW, DecisionKind.REROUTE])
def test_a_call_that_goes_on_is_told_by_its_entries_and_not_here(kind):
    assert figures_of_refusal(rejected(kind=kind), CONFIG) == ()


@given(team=st.text(), model=st.text())
def test_names_that_callers_make_up_never_become_metrics(team, model):
    made_up = rejected(tags={"team": team}, model_asked=model, code=ReasonCode.INVALID_REQUEST)
    [told] = figures_of_refusal(made_up, CONFIG)

    assert told.dimensions["team"] in {*CONFIG.teams, "-"}
    assert told.dimensions["model"] in {*CONFIG.models, *CONFIG.routing.virtual_models, OTHER}


def test_every_figure_is_named_with_its_dimensions():
    began, ended = Account().call("r1", 40)
    for one in (*figures_of([began, ended]), *figures_of_refusal(rejected(), CONFIG)):
        for name in one.counts:
            assert set(one.dimensions) == set(FIGURES[name][0])
    assert set(DECIDED.values()) | {"CallsRejected", "Refusals", SPEND, AGE} == set(FIGURES)


def test_without_a_configuration_nobody_is_known():
    [told, _] = figures_of_refusal(rejected(), None)

    assert dict(told.dimensions) == {"team": "-", "model": OTHER}
