"""Void reservation: the error proves that the model was not called, so nothing is owed."""

from typing import Any

from aws_lambda_powertools import Logger

from cost_sentry import bootstrap
from cost_sentry.adapters.answer_block import resolved_block
from cost_sentry.adapters.refused_call import with_refusal
from cost_sentry.adapters.ticket import read_ticket
from cost_sentry.application.void_reservation import void_reservation

logger = Logger(service="void_reservation")


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """``{"ticket", "error", "sentry"}`` to ``{"error", "message", "sentry"}``."""
    reservation, _ = read_ticket(event["ticket"])
    error = event["error"]
    resolved = void_reservation(
        reservation,
        error["Error"],
        ledger=bootstrap.ledger(),
        clock=bootstrap.clock(),
        outcomes=bootstrap.emergency_store,
    )
    logger.info(
        resolved.resolved.resolution.state.value,
        request_id=reservation.request_id,
        error=error["Error"],
        first=resolved.first,
    )
    block = resolved_block(event["sentry"], resolved.resolved)
    return {
        "error": error["Error"],
        "message": error.get("Cause", ""),
        "sentry": with_refusal(block, error, bootstrap.price_book().card),
    }
