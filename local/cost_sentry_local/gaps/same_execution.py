"""Step Functions: to start a standard execution that runs is to be told of it.

docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html: "If StartExecution
is called with the same name and input as a running execution, the call succeeds and returns the
same response as the original request." The emulator refuses it.
"""

from typing import Any

from ministack.services import stepfunctions

Json = dict[str, Any]


def close() -> None:
    """Wrap the start."""
    start = stepfunctions._start_execution

    def start_or_find(data: Json) -> Any:
        running = _running(data)
        if running is None:
            return start(data)
        told = {"executionArn": running["executionArn"], "startDate": running["startDate"]}
        return stepfunctions.json_response(told)

    stepfunctions._start_execution = start_or_find


def _running(data: Json) -> Json | None:
    """The execution of this machine, name and input, if it runs."""
    machine, name = str(data.get("stateMachineArn", "")), data.get("name")
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
    execution: Json | None = stepfunctions._executions.get(arn)
    is_it = execution is not None and (execution["status"], execution["input"]) == (
        "RUNNING",
        data.get("input", "{}"),
    )
    return execution if is_it else None
