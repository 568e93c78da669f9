"""Expire reservations, by the clock: post what nobody resolved, tidy up, send what waits.

Before that, calls are set aside for outages, and what the last one has left behind is booked.
"""

from typing import Any

from aws_lambda_powertools import Logger

from cost_sentry import bootstrap
from cost_sentry.application.expire_reservations import expire_reservations
from cost_sentry.application.send_alerts import send_waiting
from cost_sentry.bootstrap.unreadable_log import tell_unreadable
from cost_sentry.domain.shard import stamp_of

logger = Logger(service="expire_reservations")


def handler(_event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Any event to ``{"expired", "tidied", "alerts_sent"}``."""
    ledger, clock = bootstrap.ledger(), bootstrap.clock()
    batch_max, alerts_max = bootstrap.EXPIRED_PER_RUN_MAX, bootstrap.ALERTS_PER_RUN_MAX
    outboxes = (bootstrap.outbox(), bootstrap.notices())
    sending = send_waiting(outboxes, bootstrap.alerts(), clock, alerts_max)
    tell_unreadable(sending.unreadable, logger)
    keeper = bootstrap.allowance_keeper()
    upkeep = keeper.run(stamp_of(context.aws_request_id), bootstrap.SLOTS_PER_RUN_MAX)
    expiry = expire_reservations(
        ledger=ledger, clock=clock, batch_max=batch_max, store=keeper.store
    )
    done = {
        "expired": expiry.expired,
        "tidied": ledger.tidy(clock.now(), batch_max),
        "alerts_sent": sending.sent,
    }
    problems = (*upkeep.problems, *expiry.problems, *sending.problems)
    logger.info("done", extra={**done, "slots": upkeep.counts, "problems": problems})
    return done
