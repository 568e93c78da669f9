"""Step Functions: `TimeoutSeconds` of a JSONata task may be an expression.

docs.aws.amazon.com/step-functions/latest/dg/state-task.html: an integer, or an expression that
evaluates to one. The emulator takes the text itself for a number, and the execution ends there.
"""

from typing import Any

from ministack.services import stepfunctions


def close() -> None:
    """Wrap the execution of a task."""
    execute = stepfunctions._execute_task

    def execute_with_limit(state: dict[str, Any], data: Any, execution: Any, context: Any) -> Any:
        limit = state.get("TimeoutSeconds")
        if isinstance(limit, str):
            seconds = stepfunctions._apply_jsonata_template(limit, data, context)
            state = {**state, "TimeoutSeconds": int(seconds)}
        return execute(state, data, execution, context)

    stepfunctions._execute_task = execute_with_limit
