"""CloudWatch: `AWS/States` counts executions by how they ended, and how long they took.

docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html. The emulator has none.
"""

import time

from ministack.services import cloudwatch, stepfunctions

_ENDED = {
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}


def close() -> None:
    """Wrap the run of an execution."""
    run = stepfunctions._run_execution

    def run_and_count(arn: str) -> None:
        execution = stepfunctions._executions.get(arn)
        started = time.monotonic()
        run(arn)
        if execution:
            machine = {"StateMachineArn": execution["stateMachineArn"]}
            spent = (time.monotonic() - started) * 1000
            cloudwatch.record_metric("AWS/States", "ExecutionsStarted", 1, "Count", machine)
            cloudwatch.record_metric("AWS/States", "ExecutionTime", spent, "Milliseconds", machine)
            if name := _ENDED.get(execution["status"]):
                cloudwatch.record_metric("AWS/States", name, 1, "Count", machine)

    stepfunctions._run_execution = run_and_count
