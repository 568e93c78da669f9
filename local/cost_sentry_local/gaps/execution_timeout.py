"""Step Functions: a machine's `TimeoutSeconds` ends it, and Express ends after five minutes.

docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html. The emulator ignores the
field. As in the emulator's task time limits, work under way is left behind, not stopped.
"""

import contextvars
import json
import threading
from typing import Any

from ministack.services import stepfunctions

_EXPRESS_SECONDS = 300


def close() -> None:
    """Wrap the run of an execution."""
    run, fail = stepfunctions._run_execution, stepfunctions._fail_execution

    def run_within_limit(arn: str) -> None:
        execution = stepfunctions._executions.get(arn)
        limit = _limit_seconds(execution) if execution else None
        if limit is None:
            run(arn)
            return
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(run, arn), daemon=True)
        thread.start()
        thread.join(limit)
        if thread.is_alive() and execution["status"] == "RUNNING":
            _time_out(execution)

    def fail_if_running(execution: dict[str, Any], error: str, cause: str) -> None:
        if execution["status"] == "RUNNING":
            fail(execution, error, cause)

    stepfunctions._run_execution = run_within_limit
    stepfunctions._fail_execution = fail_if_running


def _limit_seconds(execution: dict[str, Any]) -> float | None:
    machine = stepfunctions._state_machines.get(execution["stateMachineArn"])
    if machine is None:
        return None
    limit: float | None = json.loads(machine["definition"]).get("TimeoutSeconds")
    if machine["type"] != "EXPRESS":
        return limit
    return min(limit or _EXPRESS_SECONDS, _EXPRESS_SECONDS)


def _time_out(execution: dict[str, Any]) -> None:
    execution.update(status="TIMED_OUT", error="States.Timeout", stopDate=stepfunctions.now_iso())
    stepfunctions._add_event(
        execution,
        "ExecutionTimedOut",
        {"executionTimedOutEventDetails": {"error": "States.Timeout"}},
    )
