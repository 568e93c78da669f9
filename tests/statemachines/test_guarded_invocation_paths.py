"""Every path through guarded_invocation, with canned tasks: where it ends and what it says."""

import json
import pathlib
from typing import Any

import pytest

from tests.statemachines.walker import Task, TaskFailed, Walk, walk

DEFINITION = pathlib.Path(__file__).parents[2] / "statemachines" / "guarded_invocation.asl.json"
MACHINE = json.loads(DEFINITION.read_text())
REQUEST = {
    "modelId": "m.large",
    "messages": [{"role": "user", "content": [{"text": "the secret prompt"}]}],
    "tags": {"team": "search"},
}
SENTRY = {
    "requestId": "r-1",
    "decision": "ALLOW",
    "status": "PENDING",
    "costUsd": None,
    "replayed": False,
}
TICKET = {
    "record": {"quote_picodollars": "9007199254740993"},
    "budgets": [{"id": "a"}],
    "note": None,
}


def admission(**changed: Any) -> dict[str, Any]:
    return {
        "decision": "ALLOW",
        "path": "DIRECT",
        "arguments": {"ModelId": "m.large", "InferenceConfig": {"MaxTokens": 64}},
        "ticket": TICKET,
        "sentry": SENTRY,
    } | changed


class Calls:
    """Tasks that succeed unless told otherwise, and remember what they were given."""

    def __init__(self, **replaced: Task) -> None:
        self.given: dict[str, list[Any]] = {}
        self._tasks: dict[str, Task] = {
            "Admit request": lambda _: admission(),
            "Invoke model": lambda _: {"Output": {"Message": {"Role": "assistant"}}, "Usage": {}},
            "Invoke model with bytes": lambda _: {"response": {"output": {}, "usage": {}}},
            "Settle reservation": lambda p: {
                "output": {"message": {}},
                "sentry": p["sentry"] | {"status": "SETTLED", "costUsd": "0.01"},
            },
            "Void reservation": lambda p: {
                "error": p["error"]["Error"],
                "message": p["error"]["Cause"],
                "sentry": p["sentry"] | {"status": "VOIDED", "costUsd": "0.00"},
            },
        }
        self._tasks |= {name.replace("_", " "): task for name, task in replaced.items()}

    def run(self, request: Any = None) -> Walk:
        tasks = {name: self._recorded(name) for name in self._tasks}
        return walk(MACHINE, REQUEST if request is None else request, tasks)

    def _recorded(self, name: str) -> Task:
        def call(payload: Any) -> Any:
            self.given.setdefault(name, []).append(payload)
            return self._tasks[name](payload)

        return call


def failing(error: str, cause: str | None = None, times: int = 1000) -> Task:
    left = [times]

    def call(payload: Any) -> Any:
        left[0] -= 1
        if left[0] >= 0:
            raise TaskFailed(error, cause)
        return Calls()._tasks["Settle reservation"](payload)

    return call


def python_error(name: str, message: str) -> tuple[str, str]:
    cause = {"errorMessage": message, "errorType": name, "stackTrace": ["  File secret.py"]}
    return name, json.dumps(cause)


def test_an_allowed_call_is_admitted_invoked_and_settled_once():
    calls = Calls()

    run = calls.run()

    assert run.status == "SUCCEEDED"
    assert run.visited == ["Admit request", "Choose decision", "Invoke model", "Settle reservation"]
    assert run.output["sentry"]["status"] == "SETTLED"
    assert calls.given["Admit request"] == [
        {"request": REQUEST, "execution": {"id": "arn:execution:e-1", "name": "e-1"}}
    ]
    assert calls.given["Invoke model"] == [admission()["arguments"]]


def test_ticket_and_sentry_reach_the_settlement_unchanged():
    calls = Calls()

    calls.run()

    settled = calls.given["Settle reservation"][0]
    assert settled["ticket"] == TICKET
    assert settled["sentry"] == SENTRY
    assert settled["path"] == "DIRECT"
    assert settled["response"] == {"Output": {"Message": {"Role": "assistant"}}, "Usage": {}}


def test_a_reroute_is_invoked_with_the_arguments_that_admission_chose():
    cheaper = {"ModelId": "m.small"}
    calls = Calls(Admit_request=lambda _: admission(decision="REROUTE", arguments=cheaper))

    run = calls.run()

    assert run.status == "SUCCEEDED"
    assert calls.given["Invoke model"] == [cheaper]


def test_bytes_go_through_the_function_and_settle_the_same_way():
    arguments = {"modelId": "m.large", "messages": [{"content": [{"image": {"bytes": "aGk="}}]}]}
    calls = Calls(Admit_request=lambda _: admission(path="LAMBDA", arguments=arguments))

    run = calls.run()

    assert run.visited[2:] == ["Invoke model with bytes", "Settle reservation"]
    assert calls.given["Invoke model with bytes"] == [{"arguments": arguments}]
    assert calls.given["Settle reservation"][0]["path"] == "LAMBDA"
    assert calls.given["Settle reservation"][0]["response"] == {"output": {}, "usage": {}}


def test_a_rejection_is_an_answer_and_calls_nothing():
    sentry = SENTRY | {"decision": "REJECT", "status": None}
    refusal = admission(decision="REJECT", path=None, arguments=None, ticket=None, sentry=sentry)
    calls = Calls(Admit_request=lambda _: refusal)

    run = calls.run()

    assert (run.status, run.output) == ("SUCCEEDED", {"sentry": sentry})
    assert calls.given.keys() == {"Admit request"}


def test_a_request_id_that_was_answered_before_is_answered_without_a_call():
    sentry = SENTRY | {"status": "SETTLED", "replayed": True}
    replay = admission(path=None, arguments=None, ticket=None, sentry=sentry)
    calls = Calls(Admit_request=lambda _: replay)

    run = calls.run()

    assert (run.status, run.output) == ("SUCCEEDED", {"sentry": sentry})
    assert calls.given.keys() == {"Admit request"}


@pytest.mark.parametrize(
    "changed",
    [
        {"decision": "MAYBE"},
        {"decision": "allow"},
        {"path": None},
        {"path": "direct"},
        {"decision": None},
    ],
)
def test_a_decision_that_nobody_knows_reaches_no_model(changed):
    calls = Calls(Admit_request=lambda _: admission(**changed))

    run = calls.run()

    assert (run.status, run.error) == ("FAILED", "UnknownDecision")
    assert calls.given.keys() == {"Admit request"}
    assert json.loads(run.cause)["sentry"] == SENTRY


def test_a_rejection_with_a_path_still_calls_nothing():
    calls = Calls(Admit_request=lambda _: admission(decision="REJECT"))

    run = calls.run()

    assert run.status == "SUCCEEDED"
    assert calls.given.keys() == {"Admit request"}


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

    assert run.visited[-2:] == ["Void reservation", "Fail refused call"]
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
    assert calls.given.keys() == {"Admit request", "Invoke model"}
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


def test_an_admission_is_tried_again_with_the_same_execution():
    calls = Calls(Admit_request=failing("Sandbox.Timedout", '{"errorMessage": "timed out"}'))

    run = calls.run()

    assert run.attempts["Admit request"] == 3
    first, *others = calls.given["Admit request"]
    assert all(other == first for other in others)


def test_the_prompt_does_not_travel_beyond_the_model_call():
    calls = Calls(
        Admit_request=lambda _: admission(
            arguments={"ModelId": "m", "Messages": [{"Content": [{"Text": "the secret prompt"}]}]}
        )
    )

    run = calls.run()

    assert "the secret prompt" not in json.dumps(calls.given["Settle reservation"])
    assert "the secret prompt" not in json.dumps(run.variables)


@pytest.mark.parametrize(
    "request_", [[], "text", 5, None, {}, [1], {"a": [{}]}, {"x": 1e300}, {"deep": [[[[1]]]]}]
)
def test_whatever_the_caller_sends_reaches_admission_as_it_was_sent(request_):
    calls = Calls()

    walk(MACHINE, request_, {n: calls._recorded(n) for n in calls._tasks})

    assert calls.given["Admit request"][0]["request"] == request_
