"""Step Functions: Express executions have ARNs of their own and are forgotten at their end.

docs.aws.amazon.com/step-functions/latest/apireference/API_StartSyncExecution.html. Two synchronous
executions may share a name, at once or later; a failed one has no output; Standard machines cannot
be started synchronously and Express ones cannot be listed. The emulator keeps one record per name
for ever, so concurrent executions of one name answered with each other's result.
"""

import time
import uuid
from contextvars import ContextVar
from typing import Any

from ministack.services import stepfunctions

Json = dict[str, Any]
_BILLED_STEP_MILLISECONDS = 100
_nested: ContextVar[bool] = ContextVar("nested", default=False)
_WRONG_TYPE = "This operation is not supported by this type of state machine"


def close() -> None:
    """Replace the synchronous start, and wrap the listing."""
    list_executions = stepfunctions._list_executions
    start_any = stepfunctions._start_sync_execution
    nested = stepfunctions._invoke_nested_start_execution_sync

    def list_standard(data: Json) -> Any:
        machine = stepfunctions._state_machines.get(data.get("stateMachineArn"))
        if machine and machine["type"] == "EXPRESS":
            return _refused("StateMachineTypeNotSupported", _WRONG_TYPE)
        return list_executions(data)

    def run_child(resource: str, data: Any) -> Any:
        token = _nested.set(True)
        try:
            return nested(resource, data)
        finally:
            _nested.reset(token)

    def start(data: Json) -> Any:
        # `startExecution.sync` runs Standard children through the emulator's same function.
        return start_any(data) if _nested.get() else _start_sync_execution(data)

    stepfunctions._start_sync_execution = start
    stepfunctions._invoke_nested_start_execution_sync = run_child
    stepfunctions._list_executions = list_standard


def _start_sync_execution(data: Json) -> Any:
    machine = stepfunctions._state_machines.get(data.get("stateMachineArn", ""))
    if machine is None:
        missing = f"State Machine Does Not Exist: '{data.get('stateMachineArn')}'"
        return _refused("StateMachineDoesNotExist", missing)
    if machine["type"] != "EXPRESS":
        return _refused("StateMachineTypeNotSupported", _WRONG_TYPE)
    execution = _new_execution(machine, data)
    arn = execution["executionArn"]
    stepfunctions._executions[arn] = execution
    started = time.monotonic()
    try:
        stepfunctions._run_execution(arn)
    finally:
        stepfunctions._executions.pop(arn, None)
    return stepfunctions.json_response(_answer(execution, time.monotonic() - started))


def _new_execution(machine: Json, data: Json) -> Json:
    name = data.get("name") or str(uuid.uuid4())
    machine_arn = machine["stateMachineArn"]
    prefix = machine_arn.replace(":stateMachine:", ":express:")
    started = stepfunctions.now_iso()
    return {
        "executionArn": f"{prefix}:{name}:{uuid.uuid4()}",
        "stateMachineArn": machine_arn,
        "name": name,
        "status": "RUNNING",
        "startDate": started,
        "stopDate": None,
        "input": data.get("input", "{}"),
        "output": None,
        "mockAttempts": {},
        "events": [{"id": 1, "type": "ExecutionStarted", "timestamp": started}],
        "sync": True,
    }


def _answer(execution: Json, seconds: float) -> Json:
    steps = int(seconds * 1000) // _BILLED_STEP_MILLISECONDS + 1
    answer = {
        key: execution[key]
        for key in ("executionArn", "stateMachineArn", "name", "startDate", "status", "input")
    } | {
        "stopDate": execution["stopDate"] or stepfunctions.now_iso(),
        "inputDetails": {"included": True},
        "billingDetails": {
            "billedMemoryUsedInMB": 64,
            "billedDurationInMilliseconds": steps * _BILLED_STEP_MILLISECONDS,
        },
    }
    if execution["status"] == "SUCCEEDED":
        return answer | {"output": execution["output"], "outputDetails": {"included": True}}
    return answer | {key: execution[key] for key in ("error", "cause") if execution.get(key)}


def _refused(code: str, message: str) -> Any:
    return stepfunctions.error_response_json(code, message, 400)
