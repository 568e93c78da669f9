"""Budgets of children: how many agents may call right below each agent of a run."""

from dataclasses import replace

import pytest

from cost_sentry.domain.budget import Unit
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from tests.fakes.admissions import BLIND, CHEAP, DEAR, Sentry, config
from tests.fakes.builders import budget
from tests.fakes.policies import engines, policies
from tests.unit.application.test_circuits_decide import OPEN, Guarded
from tests.unit.application.test_sessions import PLENTY, RUN, WINDOW, cap, decided, request


def fan_out(limit=2, **changes):
    return cap("fan-out", limit, unit=Unit.CHILDREN, **changes)


def test_a_child_too_many_is_refused_and_told_whose_and_what_to_do():
    sentry = Sentry(PLENTY, fan_out())
    paths = [("planner",), ("planner", "b"), ("planner", "c"), ("planner", "d"), ("planner", "b")]

    decisions = decided(sentry, *(request(f"r{n}", path=path) for n, path in enumerate(paths)))

    assert [one.kind is DecisionKind.REJECT for one in decisions] == [False] * 3 + [True, False]
    refused = decisions[3]
    assert refused.code is ReasonCode.BUDGET_EXHAUSTED
    assert refused.message == (
        "budget fan-out lets each agent have 2 children, and session.path[0] has as many already,"
        " without session.path[1]; call as one of those, or raise the limit"
    )
    assert refused.retry_after_seconds is None
    [view] = refused.budgets
    assert (view.budget_id, view.window_id) == ("fan-out", WINDOW)
    assert (view.limit, view.left, view.needed, view.binding) == (2, 0, 1, True)


@pytest.mark.parametrize("unit", [Unit.CHILDREN, Unit.DEPTH])
def test_with_none_of_the_tree_of_a_run_only_its_root_may_call(unit):
    sentry = Sentry(PLENTY, cap("alone", 0, unit=unit))

    root, child = decided(sentry, request("r1"), request("r2", path=("a",)))

    assert (root.kind, child.kind) == (DecisionKind.ALLOW, DecisionKind.REJECT)
    assert child.code is ReasonCode.BUDGET_EXHAUSTED


def test_where_nobody_may_have_children_the_refusal_says_so():
    [refused] = decided(Sentry(PLENTY, fan_out(0)), request(path=("a",)))

    assert refused.message == (
        "budget fan-out lets no agent have children; call as the root, or raise the limit"
    )


def test_children_of_the_root_count_too_and_the_root_itself_does_not():
    sentry = Sentry(PLENTY, fan_out(1))

    *_, refused = decided(
        sentry, request("r1"), request("r2", path=("a", "b")), request("r3", path=("b",))
    )

    assert "the root has as many already, without session.path[0]" in refused.message
    assert sentry.run_trees.children.keys() == {
        ("fan-out", f"{RUN}.search", ()),
        ("fan-out", f"{RUN}.search", ("a",)),
    }


def test_a_call_that_money_is_refused_to_afterwards_leaves_its_agent_in_the_tree():
    sentry = Sentry(PLENTY, fan_out(1), cap("steps", limit=1))
    decided(sentry, request("r1"))

    short, other = decided(sentry, request("r2", path=("a",)), request("r3", path=("b",), retry=0))

    assert [view.budget_id for view in short.budgets if view.binding] == ["steps"]
    assert [view.budget_id for view in other.budgets if view.binding] == ["fan-out"]


FORBIDDEN = "forbid (principal, action, resource) when { context.maxTokens > 100 };"


def test_a_call_that_policies_forbid_takes_no_childs_place():
    given = policies(not_long=FORBIDDEN)
    sentry = Sentry(PLENTY, fan_out(1), policies=given, engines=engines)

    forbidden, permitted = decided(
        sentry,
        request("r1", path=("a",), max_tokens=101),
        request("r2", path=("b",), max_tokens=100),
    )

    assert forbidden.code is ReasonCode.FORBIDDEN_BY_POLICY
    assert permitted.kind is DecisionKind.ALLOW
    assert sentry.run_trees.children == {("fan-out", f"{RUN}.search", ()): {"b"}}


def test_a_call_that_finds_every_circuit_open_takes_no_childs_place():
    sentry = Guarded(PLENTY, fan_out(1))
    sentry.circuits.circuits.update(dict.fromkeys((DEAR, CHEAP, BLIND), OPEN))

    [refused] = decided(sentry, request("r1", path=("a",)))

    assert refused.code is ReasonCode.CIRCUIT_OPEN
    assert sentry.run_trees.asked == 0


def test_a_child_too_many_is_told_what_policies_struck_before_the_tree_was_asked():
    dear = f'forbid (principal, action, resource == CostSentry::Model::"{DEAR}");'
    sentry = Sentry(PLENTY, fan_out(0), policies=policies(no_dear=dear), engines=engines)

    [refused] = decided(sentry, request("r1", path=("a",)))

    assert [view.budget_id for view in refused.budgets if view.binding] == ["fan-out"]
    assert {note.policy_id for note in refused.policies} == {"no-dear"}
    assert [rung.model_id for rung in refused.rungs] == [DEAR]


def test_a_call_that_tries_several_models_joins_the_tree_once():
    sentry = Sentry(budget("poor", 1, scope={}), fan_out(1))

    [refused] = decided(sentry, request("r1", path=("a",)))

    assert len(refused.rungs) > 1
    assert sentry.run_trees.asked == 1


def test_a_call_that_no_budget_of_children_covers_asks_nobody():
    elsewhere = fan_out(1, scope={"team": "support"})
    sentry = Sentry(PLENTY, elsewhere, cap(limit=9))

    decided(sentry, request("r1", path=("a",)), request("r2", path=("b",)))

    assert sentry.run_trees.asked == 0


def test_a_call_is_refused_while_nobody_knows_whether_its_agent_is_in_the_tree():
    sentry = Sentry(PLENTY, fan_out())
    sentry.run_trees.is_silent = True

    decision = sentry.decide(request(path=("a",)))

    assert decision.code is ReasonCode.LEDGER_UNAVAILABLE
    assert sentry.decide(request("r2")).kind is DecisionKind.ALLOW


def test_children_that_nobody_keeps_are_told_to_the_operator():
    sentry = Sentry(PLENTY, fan_out())
    without = replace(sentry.admission, run_trees=None)

    assert without.decide(request(path=("a",)), "e1").code is ReasonCode.NOT_CONFIGURED


@pytest.mark.parametrize("capped", [fan_out(1), cap("depth", 1, unit=Unit.DEPTH)])
def test_who_was_answered_before_the_tree_was_capped_is_answered_so_again(capped):
    sentry = Sentry(PLENTY)
    asked = request("r1", path=("a", "b"))
    first = sentry.decide(asked)
    sentry.admission.config_source.config = config(PLENTY, capped)
    sentry.run_trees.join(capped, f"{RUN}.search", request(path=("x",)).session.edges[0])

    again, new = decided(sentry, asked, request("r2", path=("a", "b")))

    assert first.kind is DecisionKind.ALLOW
    assert again.code is not ReasonCode.BUDGET_EXHAUSTED
    assert new.code is ReasonCode.BUDGET_EXHAUSTED
