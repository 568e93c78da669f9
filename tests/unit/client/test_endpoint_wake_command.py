"""`cost-sentry endpoint wake`: what it says, and the exit codes that scripts go by."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cost_sentry_client import endpoint_calls, function_calls, operations
from cost_sentry_client.exit_codes import ExitCode
from tests.unit.client.conftest import cost_sentry

pytestmark = pytest.mark.usefixtures("stopped_clock")
NOW = datetime(2026, 3, 14, 15, 9, tzinfo=UTC)
SOON = (NOW + timedelta(minutes=30)).isoformat()


def told(state, **more):
    answer = {"endpoint": "chat", "state": state, "reason": "because", "instead": None}
    return {**answer, "expectedBy": None, **more}


@pytest.fixture
def function(desk, monkeypatch):
    """``wake_endpoint``: what it is to tell, one after the other, and what it was asked."""
    told, asked = [], []

    class Lambda:
        def invoke(self, *, FunctionName, Payload):  # noqa: N803
            asked.append((FunctionName, json.loads(Payload)))
            answer = told.pop(0)
            is_fault = "errorType" in answer
            payload = {"Payload": io.BytesIO(json.dumps(answer).encode())}
            return {**payload, **({"FunctionError": "Unhandled"} if is_fault else {})}

    outputs = {**desk.operator.deployment.outputs, "WakeEndpointFunctionName": "wake-it"}
    deployment = replace(desk.operator.deployment, outputs=outputs)
    monkeypatch.setattr(operations, "find_deployment", lambda *_: deployment)
    monkeypatch.setattr(function_calls, "lambda_client", lambda _operator: Lambda())
    monkeypatch.setattr(endpoint_calls, "POLL_SECONDS", 0)
    return told, asked


def test_who_wakes_one_learns_by_when_it_answers(function):
    answers, asked = function
    answers.append(told("WAKING", expectedBy=SOON, instead="amazon.nova-lite-v1:0"))

    done = cost_sentry("endpoint", "wake", "chat")

    assert done.code == ExitCode.OK
    assert asked == [("wake-it", {"endpoint": "chat", "byHand": True})]
    for text in ("WAKING", "because", SOON, "amazon.nova-lite-v1:0"):
        assert text in done.stdout


def test_who_waits_is_answered_when_it_is_awake(function):
    answers, asked = function
    answers += [told("WAKING", expectedBy=SOON), told("WAKING", expectedBy=SOON), told("AWAKE")]

    done = cost_sentry("endpoint", "wake", "chat", "--wait", "--json")

    assert (done.code, done.json["state"], len(asked)) == (ExitCode.OK, "AWAKE", 3)
    assert "waking chat" in done.stderr


@pytest.mark.parametrize("more", [(), ("--wait",)])
def test_what_no_budget_wakes_is_a_no_with_its_reason(function, more):
    answers, _ = function
    answers.append(told("ASLEEP", reason="no money"))

    done = cost_sentry("endpoint", "wake", "chat", *more)

    assert done.code == ExitCode.REFUSED
    assert "no money" in done.stdout


def test_a_wake_that_is_late_is_no_success_for_who_waits(function):
    answers, _ = function
    answers.append(told("WAKING", expectedBy=(NOW - timedelta(minutes=1)).isoformat()))

    assert cost_sentry("endpoint", "wake", "chat", "--wait").code == ExitCode.REFUSED


def test_what_the_sentry_does_nothing_with_is_not_woken(function):
    answers, _ = function
    answers.append(told("UNKNOWN", reason="the sentry never put it to sleep"))

    done = cost_sentry("endpoint", "wake", "chat")

    assert done.code == ExitCode.REFUSED
    assert "the sentry never put it to sleep" in done.stderr


def test_a_function_that_fails_is_told_without_a_stack_trace(function):
    answers, _ = function
    answers.append({"errorType": "LedgerUnavailable", "errorMessage": "no answer"})

    done = cost_sentry("endpoint", "wake", "chat")

    assert done.code != ExitCode.OK
    assert "LedgerUnavailable: no answer" in done.stderr
