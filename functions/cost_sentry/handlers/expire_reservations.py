"""Expire reservations, by the clock: post what nobody resolved, tidy up, send what waits."""

from typing import Any

from aws_lambda_powertools import Logger

from cost_sentry import bootstrap
from cost_sentry.application.expire_reservations import expire_reservations
from cost_sentry.application.send_alerts import send_alerts

logger = Logger(service="expire_reservations")


def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Any event to ``{"expired", "tidied", "alerts_sent"}``."""
    ledger, clock = bootstrap.ledger(), bootstrap.clock()
    batch_max = bootstrap.EXPIRED_PER_RUN_MAX
    sending = send_alerts(
        bootstrap.outbox(), bootstrap.alerts(), clock, bootstrap.ALERTS_PER_RUN_MAX
    )
    expiry = expire_reservations(ledger=ledger, clock=clock, batch_max=batch_max)
    done = {
        "expired": expiry.expired,
        "tidied": ledger.tidy(clock.now(), batch_max),
        "alerts_sent": sending.sent,
    }
    logger.info("done", extra={**done, "problems": (*expiry.problems, *sending.problems)})
    return done
