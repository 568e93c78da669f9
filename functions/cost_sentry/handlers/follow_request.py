"""Follow request: whatever is due of a request for more, now. A state of ``budget_approval``."""

from typing import Any

from aws_lambda_powertools import Logger

from cost_sentry import bootstrap
from cost_sentry.application.send_alerts import send_waiting
from cost_sentry.bootstrap.approvals import follower

logger = Logger(service="follow_request")


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """``{"approvalId"}`` to ``{"isOpen", "revision", "waitSeconds"}``."""
    standing = follower().follow(event["approvalId"])
    waiting, limit = (bootstrap.notices(),), bootstrap.ALERTS_PER_RUN_MAX
    sending = send_waiting(waiting, bootstrap.alerts(), bootstrap.clock(), limit)
    fields = {"approval": event["approvalId"], "problems": sending.problems}
    logger.info(standing.state or "unknown", extra=fields)
    return {
        "isOpen": standing.is_open,
        "revision": standing.revision,
        "waitSeconds": standing.wait_seconds,
    }
