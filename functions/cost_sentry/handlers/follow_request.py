"""Follow request: whatever is due of a request for more, now. A state of ``budget_approval``.

By the clock, without a request: raises are ended that nobody else ended.
"""

from typing import Any

from aws_lambda_powertools import Logger

from cost_sentry import bootstrap
from cost_sentry.application.end_raises import end_raises
from cost_sentry.application.send_alerts import send_waiting
from cost_sentry.bootstrap.approvals import follower
from cost_sentry.domain.errors import CostSentryError

logger = Logger(service="follow_request")


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """``{"approvalId"}`` to ``{"isOpen", "revision", "waitSeconds"}``; ``{}`` to ``{"ended"}``."""
    if not event:
        done = end_raises(follower())
        logger.info("raises", extra={"ended": done.ended, "problems": done.problems + _send()})
        if done.problems:  # Seen by the alarm of errors; the next run tries again.
            raise CostSentryError(f"{len(done.problems)} raises could not be ended")
        return {"ended": len(done.ended)}
    standing = follower().follow(event["approvalId"])
    fields = {"approval": event["approvalId"], "problems": _send()}
    logger.info(standing.state or "unknown", extra=fields)
    return {
        "isOpen": standing.is_open,
        "revision": standing.revision,
        "waitSeconds": standing.wait_seconds,
    }


def _send() -> tuple[str, ...]:
    """Mails that wait; what could not be sent."""
    waiting, limit = (bootstrap.notices(),), bootstrap.ALERTS_PER_RUN_MAX
    return send_waiting(waiting, bootstrap.alerts(), bootstrap.clock(), limit).problems
