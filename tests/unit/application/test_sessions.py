"""Budgets of agent runs: each run has the whole limit, and all its agents draw from it."""

from datetime import timedelta

import pytest

from cost_sentry.domain.budget import BudgetMode, Stages, Unit
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.routing_rules import Routing, VirtualModel
from cost_sentry.domain.session import Session
from cost_sentry.domain.window import WindowKind
from tests.fakes.admissions import CHEAP, DEAR, Sentry, config
from tests.fakes.admissions import request as plain
from tests.fakes.builders import NOON, budget

PLENTY = budget("plenty", 10**12, scope={})


def run_id(made=NOON - timedelta(minutes=5), number=1) -> str:
    digits = f"{int(made.timestamp() * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}-7000-8000-{number:012x}"


RUN, OTHER = run_id(number=1), run_id(number=2)
WINDOW = f"session-{RUN}.search"
"""Its team names no applications, so it is the team's."""


def cap(budget_id="run", limit=2, **changes):
    given = {"unit": Unit.REQUESTS, "window": WindowKind.SESSION, **changes}
    return budget(budget_id, limit, **given)


def request(request_id="r1", run=RUN, path=(), retry=0, **changes):
    tags = {"team": "search", "application": "web", "session": run}
    session = Session(id=run, path=path, retry=retry)
    return plain(request_id, tags=tags, session=session, **changes)


def decided(sentry, *requests):
    return [sentry.decide(one, f"execution-{n}") for n, one in enumerate(requests)]


def test_all_agents_of_a_run_draw_from_its_budget_and_another_run_has_its_own():
    sentry = Sentry(PLENTY, cap())

    decisions = decided(
        sentry,
        request("r1"),
        request("r2", path=("planner",)),
        request("r3", path=("planner", "searcher")),
        request("r4", run=OTHER),
    )

    assert [one.code is ReasonCode.BUDGET_EXHAUSTED for one in decisions] == [
        False,
        False,
        True,
        False,
    ]


def test_a_refusal_says_that_waiting_does_not_help_and_what_does():
    *_, refused = decided(Sentry(PLENTY, cap(limit=1)), request("r1"), request("r2"))

    [view] = [view for view in refused.budgets if view.binding]
    assert "a new session has its own" in refused.message
    assert (refused.retry_after_seconds, view.resets_at) == (None, None)
    assert view.window_id == WINDOW


def test_calls_in_flight_of_a_run_have_room_as_soon_as_one_ends():
    capped = Sentry(PLENTY, cap(limit=1, unit=Unit.IN_FLIGHT))

    *_, refused = decided(capped, request("r1"), request("r2"))

    assert refused.retry_after_seconds == 1


def test_money_of_a_run_is_held_by_its_id():
    [decision] = decided(Sentry(PLENTY, cap(limit=10**6, unit=Unit.USD)), request("r1"))

    assert {hold.key for hold in decision.reservation.holds} > {f"run@{WINDOW}"}


def test_only_repeated_steps_count_as_retries():
    sentry = Sentry(PLENTY, cap(limit=1, unit=Unit.RETRIES))

    decisions = decided(
        sentry,
        request("r1"),
        request("r2", retry=1),
        request("r3"),
        request("r4", retry=2),
    )

    assert [one.kind is DecisionKind.REJECT for one in decisions] == [False, False, False, True]


@pytest.mark.parametrize(
    ("path", "refuses"),
    [((), False), (("a",), False), (("a", "b"), False), (("a", "b", "c"), True)],
)
def test_an_agent_below_the_allowed_depth_is_refused_and_nothing_is_held(path, refuses):
    [decision] = decided(Sentry(PLENTY, cap(unit=Unit.DEPTH)), request("r1", path=path))

    assert (decision.code is ReasonCode.BUDGET_EXHAUSTED) == refuses
    assert (decision.reservation is None) == refuses
    if refuses:
        [view] = decision.budgets
        assert (view.limit, view.needed, view.binding) == (2, 3, True)
        assert "2 levels below the root" in decision.message


def test_a_call_that_was_answered_is_answered_so_again_though_it_is_too_deep_by_now():
    sentry = Sentry(PLENTY, cap(unit=Unit.DEPTH))
    deep = ("a", "b")
    sentry.decide(request("r1", path=deep), "execution-1")
    sentry.admission.config_source.config = config(PLENTY, cap(limit=1, unit=Unit.DEPTH))

    again, new = decided(sentry, request("r1", path=deep), request("r2", path=deep))

    assert (again.code, again.replayed) == (ReasonCode.ALREADY_ANSWERED, True)
    assert (new.code, new.replayed) == (ReasonCode.BUDGET_EXHAUSTED, False)


def test_a_depth_in_shadow_mode_refuses_nobody_and_tells_that_it_would():
    shadow = cap(unit=Unit.DEPTH, mode=BudgetMode.SHADOW)

    deep, shallow = decided(
        Sentry(PLENTY, shadow), request("r1", path=("a", "b", "c")), request("r2", path=("a",))
    )

    assert (deep.kind, shallow.kind) == (DecisionKind.ALLOW, DecisionKind.ALLOW)
    assert [note.policy_id for note in deep.shadow] == [shadow.id]
    assert shallow.shadow == ()


def test_a_call_that_names_no_session_is_refused_where_a_budget_counts_by_it():
    decision = Sentry(PLENTY, cap()).decide(plain())

    assert decision.code is ReasonCode.INVALID_REQUEST
    assert "budget run counts by session" in decision.message
    assert "session.id, a UUID of version 7" in decision.message


TREE = [Unit.DEPTH, Unit.CHILDREN]


@pytest.mark.parametrize("unit", TREE)
def test_a_call_that_names_no_path_is_refused_where_a_budget_caps_the_tree_of_its_run(unit):
    sentry = Sentry(PLENTY, cap(unit=unit))

    unplaced, root = decided(sentry, request("r1", path=None), request("r2", path=()))

    assert (unplaced.code, root.kind) == (ReasonCode.INVALID_REQUEST, DecisionKind.ALLOW)
    [error] = unplaced.errors
    assert error.field == "session.path"
    assert error.problem == f"budget run caps the {unit} of agents, and the request names no path"
    assert error.allowed.endswith("the root says []")


@pytest.mark.parametrize("unit", [unit for unit in Unit if unit.is_held])
def test_no_path_is_asked_for_by_a_budget_that_counts_all_agents_of_a_run_alike(unit):
    [decision] = decided(Sentry(PLENTY, cap(limit=10**12, unit=unit)), request("r1", path=None))

    assert decision.kind is DecisionKind.ALLOW


@pytest.mark.parametrize("unit", TREE)
def test_a_cap_in_shadow_mode_asks_nobody_for_a_path(unit):
    shadow = cap(unit=unit, mode=BudgetMode.SHADOW)

    [decision] = decided(Sentry(PLENTY, shadow), request("r1", path=None))

    assert decision.kind is DecisionKind.ALLOW


def of_model(model_id, **changes):
    return cap(scope={"model": base_model_id(model_id)}, **changes)


@pytest.mark.parametrize(
    ("asked", "capped", "needs_one"),
    [
        (DEAR, DEAR, True),
        (DEAR, CHEAP, True),  # On its ladder.
        (CHEAP, DEAR, False),
        ("small", CHEAP, True),
        ("small", DEAR, False),
        ("large", CHEAP, True),  # On the ladder of what is chosen.
    ],
)
def test_a_budget_of_one_model_asks_for_a_session_where_that_model_may_serve_the_call(
    asked, capped, needs_one
):
    models = {"small": (CHEAP,), "large": (DEAR,)}
    virtual = {id_: VirtualModel(id=id_, models=names) for id_, names in models.items()}
    sentry = Sentry(PLENTY, of_model(capped), routing=Routing(virtual_models=virtual))

    without = sentry.decide(plain("r1", model_id=asked))
    [over] = decided(sentry, request("r2", run_id(NOON - timedelta(days=1)), model_id=asked))

    assert (without.code is ReasonCode.INVALID_REQUEST) == needs_one
    assert (over.code is ReasonCode.INVALID_REQUEST) == needs_one
    assert sentry.decide(request("r3", model_id=asked)).kind is not DecisionKind.REJECT


def test_a_stage_of_a_budget_of_runs_does_not_say_that_it_resets():
    stages = Stages(critical_only_percent=50)
    sentry = Sentry(PLENTY, cap(limit=4, stages=stages))
    sentry.totals.posted["run", WINDOW] = 2

    refused = sentry.decide(request())

    assert refused.code is ReasonCode.CRITICAL_ONLY
    assert refused.message.endswith("it serves priority critical only")
    assert (refused.retry_after_seconds, refused.budgets[0].resets_at) == (None, None)
    assert refused.budgets[0].window_id == WINDOW


def test_a_session_that_no_budget_counts_is_a_tag_and_no_more():
    decision = Sentry(PLENTY, cap(scope={"team": "support"})).decide(request(run=RUN))

    assert decision.kind is DecisionKind.ALLOW
    assert decision.reservation.tags["session"]


@pytest.mark.parametrize(
    ("made", "accepted"),
    [
        (NOON + timedelta(seconds=10), True),
        (NOON + timedelta(seconds=11), False),
        (NOON - timedelta(hours=24) + timedelta(milliseconds=1), True),
        (NOON - timedelta(hours=24), False),
    ],
)
def test_a_session_is_neither_of_the_future_nor_over(made, accepted):
    decision = Sentry(PLENTY, cap()).decide(request(run=run_id(made)))

    assert (decision.code is not ReasonCode.INVALID_REQUEST) == accepted


def test_a_budget_of_runs_in_shadow_mode_refuses_nobody_and_tells_what_it_would():
    shadowed = Sentry(PLENTY, cap(limit=0, mode=BudgetMode.SHADOW))
    shadowed.ledger.define(cap(limit=0, mode=BudgetMode.SHADOW).in_ledger, WINDOW)

    decisions = decided(shadowed, plain("r1"), request("r2"))

    assert all(one.kind is DecisionKind.ALLOW for one in decisions)
    assert [note.policy_id for note in decisions[1].shadow] == ["run"]


def test_a_budget_of_runs_alone_does_not_bound_what_is_spent():
    decision = Sentry(cap(limit=10**9, unit=Unit.USD)).decide(request())

    assert decision.code is ReasonCode.NO_BUDGET
