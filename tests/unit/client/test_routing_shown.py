"""A chosen model at the command line: asked for by a task type, and told with its order."""

import pytest

from cost_sentry.adapters.answer_block import route_block
from cost_sentry.adapters.dynamodb_decision_log import DynamoDbDecisionLog
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.domain.ledger_entry import EntryKind
from cost_sentry_client.routing_report import model_text
from tests.fakes.admissions import BLIND, CHEAP, DEAR
from tests.fakes.builders import NOON, budget
from tests.fakes.routings import routed, routing, sentry
from tests.fakes.scripted_workflow import always, answered, succeeded
from tests.unit.client.conftest import cost_sentry
from tests.unit.client.test_explain_command import journal


def decided(asked=None, **changes):
    return sentry(budget(limit=10**6), **changes).decide(asked or routed())


def test_a_model_may_be_left_out_beside_a_task_type(desk):
    ended = cost_sentry("invoke", "hi", "--team", "search", "--tag", "taskType=summary")

    assert ended.code == 0
    assert "modelId" not in desk.workflow.inputs[0]
    assert desk.workflow.inputs[0]["tags"] == {"team": "search", "taskType": "summary"}


def test_without_either_the_command_says_what_there_is_and_calls_nothing(desk):
    ended = cost_sentry("invoke", "hi", "--team", "search")

    assert (ended.code, desk.workflow.inputs) == (2, [])


def test_an_answer_tells_how_its_model_was_chosen(desk):
    decision = decided(of=routing(worth=10**9), complexity=lambda _: 700)
    block = {"routing": route_block(decision.route), "modelAsked": "auto", "modelUsed": DEAR}
    desk.workflow = always(succeeded(answered(**block)))

    told = cost_sentry("invoke", "hi", "--model", "auto", "--team", "search").stderr

    assert f"{DEAR}, chosen for auto" in told
    assert "chosen by the sentry: the prompt is estimated at 700 of 1000" in " ".join(told.split())
    assert told.index(f"{DEAR}: the cheapest") < told.index(CHEAP) < told.index(BLIND)


def test_explain_shows_the_order_with_reasons(desk):
    decision = decided(routed("large"))
    journal(desk, EntryKind.RESERVE, reservation=decision.reservation)
    DynamoDbDecisionLog(JournalCalls(desk.operator.dynamodb, "ledger")).record(decision, NOON)

    (found,) = cost_sentry("explain", "r1", "--json").json["explanations"]
    told = " ".join(cost_sentry("explain", "r1").stdout.split())

    assert (found["code"], found["modelAsked"], found["modelUsed"]) == ("ROUTED", "large", DEAR)
    assert found["routing"] == route_block(decision.route)
    assert "chosen by the sentry: large asks for tier large" in told
    assert f"1. {DEAR}: the cheapest that reaches tier large" in told
    assert f"– {CHEAP}: tier middle is below the required large" in told


@pytest.mark.parametrize(
    ("asked", "used", "is_routed", "text"),
    [
        ("m", "m", False, "m"),
        ("m", None, False, "m"),
        (None, None, False, "none named"),
        ("m", "n", False, "n instead of m"),
        ("auto", "n", True, "n, chosen for auto"),
        ("auto", None, True, "auto"),
    ],
)
def test_a_model_is_told_with_what_was_asked_for(asked, used, is_routed, text):
    assert model_text(asked, used, is_routed=is_routed) == text
