"""Note fault: nobody knows how the call ended; its model is watched, its money stays held."""

from typing import Any

from aws_lambda_powertools import Logger

from cost_sentry import bootstrap
from cost_sentry.adapters.ticket import read_ticket
from cost_sentry.application.note_fault import note_fault

logger = Logger(service="note_fault")


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """``{"ticket", "error"}`` to ``{"unnoted"}``: why it could not be counted."""
    reservation, _ = read_ticket(event["ticket"])
    error = event["error"]["Error"]
    unnoted = note_fault(reservation, error, watch=bootstrap.model_watch(), clock=bootstrap.clock())
    fields = {"request_id": reservation.request_id, "model": reservation.model_used}
    logger.info(error, extra={**fields, "unnoted": unnoted})
    return {"unnoted": unnoted}
