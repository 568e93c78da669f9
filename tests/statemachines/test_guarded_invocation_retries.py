"""A call that was refused before it ran, and is tried again; and a fault that is noted."""

import json

import pytest

from tests.statemachines.guarded_calls import (
    MACHINE,
    REQUEST,
    SENTRY,
    TICKET,
    Calls,
    admission,
    failing,
)
from tests.statemachines.walker import walk

AGAIN = {"attempt": 2, "error": "ThrottlingException", "refusedBy": ["m.large"]}
THROTTLED = "BedrockRuntime.ThrottlingException"


def tried_again(payload):
    return {
        "error": payload["error"]["Error"],
        "message": payload["error"]["Cause"],
        "sentry": payload["sentry"] | {"status": "VOIDED"},
        "triedAgain": True,
        "again": AGAIN,
    }


def throttled(times):
    left = [times]

    def call(_):
        left[0] -= 1
        if left[0] >= 0:
            return failing(THROTTLED, "slow down")(_)
        return {"Output": {"Message": {}}, "Usage": {}}

    return call


def call(task, arguments):
    return task(arguments)


def test_a_granted_retry_is_admitted_called_and_settled_with_a_ticket_of_its_own():
    second = {"reservation": "the second", "price": "p"}
    calls = Calls(
        Invoke_model=throttled(1),
        Void_reservation=tried_again,
        Admit_request_again=lambda _: admission(ticket=second, sentry=SENTRY | {"attempts": 2}),
    )

    run = calls.run()

    assert run.status == "SUCCEEDED"
    assert run.visited[3:] == [
        "Void reservation",
        "Choose retry",
        "Admit request again",
        "Choose next attempt",
        "Invoke model",
        "Settle reservation",
    ]
    assert calls.given["Void reservation"][0]["ticket"] == TICKET
    assert calls.given["Settle reservation"][0]["ticket"] == second
    assert calls.given["Settle reservation"][0]["sentry"]["attempts"] == 2


def test_the_next_attempt_gets_the_callers_own_input_and_what_was_refused():
    calls = Calls(Invoke_model=throttled(1), Void_reservation=tried_again)

    calls.run()

    first, again = calls.given["Admit request"][0], calls.given["Admit request again"][0]
    assert again == first | {"again": AGAIN}
    assert again["request"] == REQUEST


@pytest.mark.parametrize("request_", [[], "text", 5, None, {}, [1], {"a": [{}]}])
def test_whatever_the_caller_sent_reaches_the_next_attempt_as_it_was_sent(request_):
    calls = Calls(Invoke_model=throttled(1), Void_reservation=tried_again)

    walk(MACHINE, request_, {n: calls._recorded(n) for n in calls._tasks})

    assert calls.given["Admit request again"][0]["request"] == request_


@pytest.mark.parametrize(
    "refusal",
    [
        admission(decision="REJECT", path=None, arguments=None, ticket=None),
        admission(decision="REPLAY", path=None, arguments=None, ticket=None),
        admission(decision="MAYBE"),
    ],
)
def test_a_next_attempt_that_may_not_run_fails_as_the_last_one_did(refusal):
    calls = Calls(
        Invoke_model=throttled(1),
        Void_reservation=tried_again,
        Admit_request_again=lambda _: refusal,
    )

    run = calls.run()

    assert (run.status, run.error) == ("FAILED", THROTTLED)
    assert json.loads(run.cause)["message"] == "slow down"
    assert json.loads(run.cause)["sentry"]["status"] == "VOIDED"
    assert run.attempts["Invoke model"] == 1


def test_so_does_one_whose_admission_breaks():
    calls = Calls(
        Invoke_model=throttled(1),
        Void_reservation=tried_again,
        Admit_request_again=failing("Sandbox.Timedout", "{}"),
    )

    run = calls.run()

    assert (run.status, run.error) == ("FAILED", THROTTLED)
    assert run.attempts["Admit request again"] == 3


def test_a_next_attempt_of_unknown_outcome_is_left_pending_with_its_own_answer():
    outcomes = iter([failing(THROTTLED, "slow down"), failing("States.Timeout", "silent")])
    calls = Calls(
        Invoke_model=lambda arguments: call(next(outcomes), arguments),
        Void_reservation=tried_again,
        Admit_request_again=lambda _: admission(sentry=SENTRY | {"attempts": 2}),
    )

    run = calls.run()

    assert (run.status, run.error) == ("FAILED", "States.Timeout")
    assert json.loads(run.cause)["sentry"]["attempts"] == 2


def test_the_voiding_function_is_told_when_the_execution_began():
    calls = Calls(Invoke_model=throttled(1))

    run = calls.run()

    assert calls.given["Void reservation"][0]["startedAt"] == run.started_at


def test_the_prompt_is_in_no_variable_while_a_call_is_tried_again():
    calls = Calls(Invoke_model=throttled(1), Void_reservation=tried_again)

    run = calls.run()

    assert "the secret prompt" not in json.dumps(run.variables)
    assert "the secret prompt" not in json.dumps(calls.given["Void reservation"])


def test_a_fault_is_noted_with_its_ticket_and_its_name_and_without_the_prompt():
    calls = Calls(Invoke_model=failing("BedrockRuntime.ModelErrorException", "it broke"))

    run = calls.run()

    assert run.visited[-2:] == ["Note fault", "Leave reservation pending"]
    error = {"Error": "BedrockRuntime.ModelErrorException", "Cause": "it broke"}
    assert calls.given["Note fault"] == [{"ticket": TICKET, "error": error}]


@pytest.mark.parametrize("fault", ["States.Timeout", "Lambda.Unknown", "MissingSetting"])
def test_a_fault_that_cannot_be_noted_leaves_the_first_error_as_it_was(fault):
    calls = Calls(
        Invoke_model=failing("BedrockRuntime.ModelErrorException", "it broke"),
        Note_fault=failing(fault, "{}"),
    )

    run = calls.run()

    assert run.error == "BedrockRuntime.ModelErrorException"
    assert json.loads(run.cause)["message"].endswith(": it broke")
    assert run.attempts["Note fault"] == 1
