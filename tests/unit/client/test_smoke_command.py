"""`cost-sentry smoke`: two calls proven, and the configuration as it was before."""

import pytest

from cost_sentry.application.config_document import with_version
from cost_sentry.domain.money import picodollars
from cost_sentry_client import smoke_test
from cost_sentry_client.smoke_test import BUDGET, REFUSED, SMOKE_TAG
from tests.fakes.builders import budget
from tests.fakes.scripted_workflow import (
    ScriptedWorkflow,
    always,
    answered,
    refused_block,
    succeeded,
)
from tests.unit.client.conftest import LITE, MICRO, configuration, cost_sentry

BINDING = {
    "id": BUDGET.id,
    "window": "all",
    "unit": "usd",
    "limit": "0.00",
    "left": "0.00",
    "needed": "0.01",
    "resetsAt": None,
    "binding": True,
}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(smoke_test, "_SETTLING_SECONDS", 0)


def honest(desk) -> ScriptedWorkflow:
    """Refuses what the configuration in force gives nothing to spend, as a real one does."""

    def answer(request):
        in_force = desk.operator.config().budgets_of(request["tags"], request["modelId"])
        if BUDGET.id in {b.id for b in in_force}:
            return succeeded({"sentry": refused_block(BINDING)})
        return succeeded(answered(modelUsed=request["modelId"]))

    return ScriptedWorkflow(answer)


def test_smoke_proves_an_allowed_and_a_refused_call_and_leaves_no_trace(desk):
    desk.workflow, before = honest(desk), desk.operator.config_store.read()

    ended = cost_sentry("smoke", "--json")

    assert ended.code == 0
    assert list(ended.json) == ["passed", "allowed", "refused"]
    assert (ended.json["allowed"]["proven"], ended.json["refused"]["proven"]) == (True, True)
    assert ended.json["refused"]["sentry"]["budgets"][0]["id"] == BUDGET.id
    assert desk.operator.config_store.read() == before


def test_the_allowed_call_asks_one_token_of_the_cheapest_model(desk):
    desk.workflow = honest(desk)

    cost_sentry("smoke")

    allowed, refused = desk.workflow.inputs
    assert (allowed["modelId"], allowed["inferenceConfig"]) == (MICRO, {"maxTokens": 1})
    assert allowed["tags"] == {"team": "growth", "application": "cost-sentry-smoke"}
    assert refused["tags"] == {**allowed["tags"], SMOKE_TAG: REFUSED}


def test_the_caller_may_be_named_and_required_tags_are_filled(desk):
    desk.apply(configuration(required_tags=("team", "project")))
    desk.workflow = honest(desk)

    cost_sentry("smoke", "--team", "search", "--model", LITE, "--tag", "user=me")

    first = desk.workflow.inputs[0]
    assert first["modelId"] == LITE
    assert first["tags"] == {
        "team": "search",
        "user": "me",
        "project": "cost-sentry-smoke",
        "application": "cost-sentry-smoke",
    }


def test_a_gate_that_lets_everything_through_fails_the_smoke_test(desk):
    desk.workflow, before = always(succeeded(answered())), desk.operator.config_store.read()

    ended = cost_sentry("smoke", "--json")

    assert ended.code == 1
    assert (ended.json["passed"], ended.json["refused"]["proven"]) == (False, False)
    assert desk.operator.config_store.read() == before


def test_a_gate_that_refuses_everything_fails_the_smoke_test(desk):
    desk.workflow = always(succeeded({"sentry": refused_block()}))

    ended = cost_sentry("smoke")

    assert ended.code == 1
    assert "✗ allowed" in ended.stdout
    assert "✗ refused" in ended.stdout  # by another budget than the one of nothing


def test_a_configuration_that_somebody_applied_meanwhile_stays(desk):
    theirs = configuration(budgets=(budget("search-daily", picodollars("99")),))

    def answer(request):
        if request["tags"].get(SMOKE_TAG) == REFUSED:
            desk.apply(theirs)
            return succeeded({"sentry": refused_block(BINDING)})
        return succeeded(answered())

    desk.workflow = ScriptedWorkflow(answer)

    assert cost_sentry("smoke").code == 0
    assert desk.operator.config() == theirs


def test_what_a_killed_smoke_test_left_behind_is_taken_out_by_the_next(desk):
    clean = desk.operator.config()
    left = with_version(configuration(budgets=(*clean.budgets, BUDGET)))
    desk.apply(left)
    desk.workflow = honest(desk)

    assert cost_sentry("smoke").code == 0
    assert desk.operator.config() == clean


def test_a_failing_call_takes_the_budget_out_again(desk):
    def answer(request):
        if request["tags"].get(SMOKE_TAG) == REFUSED:
            raise ConnectionError
        return succeeded(answered())

    desk.workflow, before = ScriptedWorkflow(answer), desk.operator.config_store.read()

    assert cost_sentry("smoke").code == 3
    assert desk.operator.config_store.read() == before


def test_a_caller_that_no_budget_covers_is_told_how_to_name_another(desk):
    desk.apply(configuration(budgets=(budget("x", scope={"team": "search", "project": "p"}),)))

    ended = cost_sentry("smoke", "--json")

    assert ended.code == 1
    assert "--tag" in ended.json["error"]["fix"]
