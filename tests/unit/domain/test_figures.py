"""What CloudWatch is told of calls: by team and model, and by nothing that callers could choose."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.domain.budget import Unit
from cost_sentry.domain.decision import BudgetView, Decision, DecisionKind, ReasonCode
from cost_sentry.domain.figures import (
    AGE,
    DECIDED,
    EXTERNAL_SPEND,
    FIGURES,
    OTHER,
    SPEND,
    WAKE_SPEND,
    figures_of,
    figures_of_refusal,
)
from cost_sentry.domain.ledger_entry import EntryKind
from cost_sentry.domain.meter import MODEL, TEAM, changes_with
from cost_sentry.domain.reservation import (
    EXTERNAL_ACCOUNTS,
    WAKE_PREFIX,
    ReservationState,
    charged_in_full,
)
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

    assert (first.counts, first.spent) == ({"CallsAllowed": 1}, {})
    assert (last.counts, last.spent) == ({}, {SPEND: ended.resolution.cost_picodollars})
    assert set(first.dimensions) == {"team", "model"}


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=20))
def test_calls_that_are_alike_are_told_together_and_no_picodollar_is_lost(costs):
    account = Account()
    entries = [e for n, cost in enumerate(costs) for e in account.call(f"r{n}", cost)]

    [told] = figures_of(entries)

    ends = [e.resolution.cost_picodollars for e in entries if e.kind is EntryKind.SETTLE]
    assert told.counts == {"CallsAllowed": len(costs)}
    assert told.spent == {SPEND: sum(ends)}


def test_money_that_only_moved_is_nobodys_figure():
    assert figures_of([Account().allot(100)]) == ()


@pytest.mark.parametrize("state", [ReservationState.VOIDED, ReservationState.EXPIRED])
def test_a_true_cost_that_comes_late_is_told_as_the_difference(state):
    account = Account()
    held = account.reserve("r1").reservation
    late = account.adjust(held, resolution(30, state=state))

    [told] = figures_of([late])

    true_cost = 0 if state is ReservationState.VOIDED else 30
    assert told.spent == {SPEND: true_cost - held.quote_picodollars}


METERED = "amazon.nova-lite-v1:0"


def entries_of(kind, number, cost, *, is_late):
    """Of one call, one wake or one booking of external usage; ``is_late``: it expired first."""
    changes = {"model_used": f"{WAKE_PREFIX}chat"} if kind == WAKE_SPEND else {}
    account = Account(f"{EXTERNAL_ACCOUNTS}{METERED}" if kind == EXTERNAL_SPEND else "search/web")
    held = account.reserve(f"{kind}-{number}", **changes)
    how = resolution(cost)
    if not is_late:
        return [held, account.resolve(held, how)]
    gone = charged_in_full(held.reservation, NOON)
    return [held, account.resolve(held, gone), account.adjust(held.reservation, how)]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([SPEND, WAKE_SPEND, EXTERNAL_SPEND]),
            st.integers(0, 10**12),
            st.booleans(),
        ),
        max_size=20,
    )
)
def test_what_calls_spend_is_told_as_meters_count_it_and_no_other_money_is_lost(things):
    entries = [
        entry
        for number, (kind, cost, is_late) in enumerate(things)
        for entry in entries_of(kind, number, cost, is_late=is_late)
    ]

    told, metered, posted = Counter(), Counter(), Counter()
    for one in figures_of(entries):
        for name, amount in one.spent.items():
            posted[name] += amount
            if name == SPEND:
                told.update({(TEAM, one.dimensions[TEAM]): amount})
                told.update({(MODEL, one.dimensions[MODEL]): amount})
    for change in (change for entry in entries for change in changes_with(entry)):
        if change.scope[0] in (TEAM, MODEL):
            metered.update({change.scope: change.used.picodollars})

    assert +told == +metered
    for kind in (SPEND, WAKE_SPEND, EXTERNAL_SPEND):
        assert posted[kind] == sum(cost for of, cost, _ in things if of == kind)


def test_a_wake_is_no_call_that_was_allowed():
    [told] = figures_of(entries_of(WAKE_SPEND, 1, 40, is_late=False))

    assert (told.counts, told.spent) == ({}, {WAKE_SPEND: 40})
    assert told.dimensions == {"team": "search", "model": f"{WAKE_PREFIX}chat"}


def test_external_usage_is_told_of_its_model_and_of_no_team():
    [told] = figures_of(entries_of(EXTERNAL_SPEND, 1, 40, is_late=False))

    assert (set(told.dimensions), told.spent) == ({"model"}, {EXTERNAL_SPEND: 40})
    assert told.reservation_seconds is None


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
    others = (entries_of(kind, 1, 40, is_late=False) for kind in (WAKE_SPEND, EXTERNAL_SPEND))
    entries = [began, ended, *(entry for some in others for entry in some)]
    for one in (*figures_of(entries), *figures_of_refusal(rejected(), CONFIG)):
        for name in (*one.counts, *one.spent):
            assert set(one.dimensions) == set(FIGURES[name][0])
    spent = {SPEND, WAKE_SPEND, EXTERNAL_SPEND}
    assert {*DECIDED.values(), "CallsRejected", "Refusals", *spent, AGE} == set(FIGURES)


def test_without_a_configuration_nobody_is_known():
    [told, _] = figures_of_refusal(rejected(), None)

    assert dict(told.dimensions) == {"team": "-", "model": OTHER}
