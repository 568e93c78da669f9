"""The functions of approvals in this process, with Lambda and Step Functions as they need them."""

import io
import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from cost_sentry.handlers import answer_request, ask_for_more, await_answer, follow_request

CONTEXT = type("Context", (), {"aws_request_id": "r", "function_name": "f"})()
HANDLERS: dict[str, Callable[[dict[str, Any], Any], dict[str, Any]]] = {
    "ask_for_more": ask_for_more.handler,
    "answer_request": answer_request.handler,
    "await_answer": await_answer.handler,
    "follow_request": follow_request.handler,
}


class InProcessLambda:
    """``invoke``, through JSON, with errors as Lambda tells them."""

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        try:
            told = HANDLERS[FunctionName](json.loads(Payload), CONTEXT)
        except Exception as error:  # noqa: BLE001 - Lambda tells all of them
            told = {"errorType": type(error).__name__, "errorMessage": str(error)}
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(told).encode())}
        return {"Payload": io.BytesIO(json.dumps(told).encode())}


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "StartExecution")


class FakeStepFunctions:
    """Names are good once; tokens are, while somebody waits with them."""

    def __init__(self) -> None:
        self.running: dict[str, str] = {}
        self.ended: set[str] = set()
        self.waiting: set[str] = set()
        self.woken: list[str] = []
        self.fault: Exception | None = None

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> None:  # noqa: A002, N803
        self._may_fail()
        assert stateMachineArn == "approvals"
        if name in self.ended or self.running.get(name, input) != input:
            raise refusal("ExecutionAlreadyExists")
        self.running[name] = input

    def send_task_success(self, *, taskToken: str, output: str) -> None:  # noqa: N803
        self._may_fail()
        assert json.loads(output) == {}
        if taskToken not in self.waiting:
            raise refusal("TaskTimedOut")
        self.waiting.remove(taskToken)
        self.woken.append(taskToken)

    def _may_fail(self) -> None:
        if self.fault:
            raise self.fault
