"""``application.approval_ports.ApprovalWorkflow`` on AWS Step Functions.

A name of an execution is good once in 90 days: while one of the name and the input runs, starting
another is starting that one; when it has ended, the service refuses (``StartExecution``, API
reference of AWS Step Functions).
"""

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cost_sentry.domain.errors import WorkflowUnavailable

_NOBODY_WAITS = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})
_NAME_TAKEN = frozenset({"ExecutionAlreadyExists"})


class StepFunctionsApprovals:
    """See above.

    Args:
        client: of Step Functions.
        workflow_arn: of ``budget_approval``.
    """

    def __init__(self, client: Any, workflow_arn: str) -> None:  # noqa: ANN401 - boto3 client
        self._client = client
        self._workflow_arn = workflow_arn

    def start(self, approval_id: str, revision: int) -> None:
        """See the port. After one that ended too early, as one that failed, another follows."""
        if not self._started(approval_id, approval_id):
            self._started(f"{approval_id}-{revision}", approval_id)

    def wake(self, token: str) -> None:
        """See the port."""
        told = {"taskToken": token, "output": "{}"}
        _asked(lambda: self._client.send_task_success(**told), _NOBODY_WAITS)

    def _started(self, name: str, approval_id: str) -> bool:
        arguments = {
            "stateMachineArn": self._workflow_arn,
            "name": name,
            "input": json.dumps({"approvalId": approval_id}),
        }
        return _asked(lambda: self._client.start_execution(**arguments), _NAME_TAKEN)


def _asked(call: Callable[[], object], refusals: frozenset[str]) -> bool:
    """Whether it was done; false for one of these refusals."""
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] in refusals:
            return False
        raise WorkflowUnavailable(f"the workflow could not be told: {error}") from error
    except BotoCoreError as error:
        raise WorkflowUnavailable(f"the workflow did not answer: {error}") from error
    return True
