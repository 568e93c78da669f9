"""A step that fails: what is tried again, voided or left pending, and what the caller reads."""

import json

import pytest

from tests.statemachines.guarded_calls import (
    SENTRY,
    TICKET,
    Calls,
    admission,
    failing,
    python_error,
)


@pytest.mark.parametrize(
    "error",
    [
        "ThrottlingException",
        "ValidationException",
        "AccessDeniedException",
        "ResourceNotFoundException",
        "ModelNotReadyException",
        "ServiceQuotaExceededException",
    ],
)
def test_a_call_that_bedrock_refused_is_voided_and_the_execution_fails_by_its_name(error):
    calls = Calls(Invoke_model=failing(f"BedrockRuntime.{error}", "too fast"))

    run = calls.run()

    assert run.visited[-3:] == ["Void reservation", "Choose retry", "Fail refused call"]
    assert (run.status, run.error) == ("FAILED", f"BedrockRuntime.{error}")
    assert json.loads(run.cause)["message"] == "too fast"
    assert json.loads(run.cause)["sentry"]["status"] == "VOIDED"
    assert calls.given["Void reservation"][0]["ticket"] == TICKET
    assert "Settle reservation" not in calls.given


@pytest.mark.parametrize(
    "error",
    [
        "BedrockRuntime.ModelTimeoutException",
        "BedrockRuntime.ModelErrorException",
        "BedrockRuntime.InternalServerException",
        "BedrockRuntime.ServiceUnavailableException",
        "BedrockRuntime.SdkClientException",
        "States.Timeout",
        "States.TaskFailed",
        "SomethingNew",
    ],
)
def test_a_call_of_unknown_outcome_leaves_its_reservation_pending(error):
    calls = Calls(Invoke_model=failing(error, "it broke"))

    run = calls.run()

    assert run.visited[-1] == "Leave reservation pending"
    assert (run.status, run.error) == ("FAILED", error)
    assert json.loads(run.cause)["sentry"] == SENTRY
    assert "it broke" in json.loads(run.cause)["message"]
    assert calls.given.keys() == {"Admit request", "Invoke model", "Note fault"}
    assert run.attempts["Invoke model"] == 1


def test_an_error_without_a_cause_is_told_by_its_name():
    run = Calls(Invoke_model=failing("States.Timeout")).run()

    assert json.loads(run.cause)["message"].endswith("States.Timeout")


def test_an_answer_above_the_payload_limit_ends_the_execution_and_resolves_nothing():
    calls = Calls(Invoke_model=lambda _: {"Output": "x" * 300_000})

    run = calls.run()

    assert (run.status, run.error) == ("FAILED", "States.DataLimitExceeded")
    assert calls.given.keys() == {"Admit request", "Invoke model"}


def test_a_refused_call_with_bytes_is_voided_by_bedrocks_name_and_without_a_stack_trace():
    refused = failing(*python_error("ThrottlingException", "slow down"))
    calls = Calls(Admit_request=lambda _: admission(path="LAMBDA"), Invoke_model_with_bytes=refused)

    run = calls.run()

    assert (run.status, run.error) == ("FAILED", "ThrottlingException")
    assert calls.given["Void reservation"][0]["error"] == {
        "Error": "ThrottlingException",
        "Cause": "slow down",
    }
    assert "stackTrace" not in run.cause


@pytest.mark.parametrize(
    "error",
    ["ModelCallTimedOut", "ModelErrorException", "Sandbox.Timedout", "Lambda.ServiceException"],
)
def test_a_call_with_bytes_of_unknown_outcome_leaves_its_reservation_pending(error):
    unknown = failing(*python_error(error, "no answer"))
    calls = Calls(Admit_request=lambda _: admission(path="LAMBDA"), Invoke_model_with_bytes=unknown)

    run = calls.run()

    assert (run.status, run.error) == ("FAILED", error)
    assert json.loads(run.cause)["message"].endswith(": no answer")
    assert json.loads(run.cause)["sentry"]["status"] == "PENDING"
    assert run.attempts["Invoke model with bytes"] == 1


def test_a_settlement_is_tried_again_when_the_ledger_is_busy():
    busy = failing(*python_error("LedgerContention", "busy"), times=2)
    calls = Calls(Settle_reservation=busy)

    run = calls.run()

    assert run.status == "SUCCEEDED"
    assert run.attempts["Settle reservation"] == 3
    assert run.attempts["Invoke model"] == 1


def test_a_settlement_that_keeps_failing_fails_the_execution_and_says_the_model_answered():
    down = failing(*python_error("LedgerUnavailable", "no table"))
    calls = Calls(Settle_reservation=down)

    run = calls.run()

    assert (run.status, run.error) == ("FAILED", "LedgerUnavailable")
    assert run.visited[-1] == "Leave settlement pending"
    assert json.loads(run.cause)["sentry"]["status"] == "PENDING"
    assert "the model answered" in json.loads(run.cause)["message"]
    assert "Void reservation" not in calls.given


def test_a_bug_in_the_settlement_is_not_repeated():
    calls = Calls(Settle_reservation=failing(*python_error("InvariantViolated", "P4")))

    run = calls.run()

    assert run.error == "InvariantViolated"
    assert run.attempts["Settle reservation"] == 1


def test_a_void_that_keeps_failing_leaves_the_reservation_pending():
    calls = Calls(
        Invoke_model=failing("BedrockRuntime.ThrottlingException", "slow down"),
        Void_reservation=failing("Lambda.TooManyRequestsException", "Rate Exceeded."),
    )

    run = calls.run()

    assert run.visited[-1] == "Leave reservation pending"
    assert run.attempts["Void reservation"] == 3
    assert json.loads(run.cause)["sentry"]["status"] == "PENDING"


def test_an_admission_that_fails_calls_no_model():
    calls = Calls(Admit_request=failing(*python_error("InvariantViolated", "P1: overspent")))

    run = calls.run()

    assert (run.status, run.error) == ("FAILED", "InvariantViolated")
    assert json.loads(run.cause)["sentry"] is None
    assert "P1: overspent" in json.loads(run.cause)["message"]
    assert calls.given.keys() == {"Admit request"}


@pytest.mark.parametrize("killed", ["Sandbox.Timedout", "Lambda.Unknown", "Runtime.ExitError"])
@pytest.mark.parametrize("state", ["Admit request", "Settle reservation"])
def test_a_function_that_was_killed_is_tried_again(state, killed):
    """Each of them may be repeated without harm."""
    run = Calls(**{state.replace(" ", "_"): failing(killed, "{}")}).run()

    assert run.attempts[state] == 3


def test_an_admission_is_tried_again_with_the_same_execution():
    calls = Calls(Admit_request=failing("Sandbox.Timedout", '{"errorMessage": "timed out"}'))

    run = calls.run()

    assert run.attempts["Admit request"] == 3
    first, *others = calls.given["Admit request"]
    assert all(other == first for other in others)
