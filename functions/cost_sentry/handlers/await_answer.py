"""Await answer: leave a task token with a request for more. A state of ``budget_approval``."""

from typing import Any

from aws_lambda_powertools import Logger

from cost_sentry.application.await_answer import await_answer
from cost_sentry.bootstrap import approvals as bootstrap

logger = Logger(service="await_answer")


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """``{"approvalId", "revision", "taskToken"}`` to ``{"waiting"}``; Step Functions reads none."""
    id_, revision, token = event["approvalId"], event["revision"], event["taskToken"]
    store, workflow = bootstrap.approvals(), bootstrap.workflow()
    is_waiting = await_answer(id_, revision, token, store=store, workflow=workflow)
    logger.info("waiting" if is_waiting else "woken", approval=id_, revision=revision)
    return {"waiting": is_waiting}
