"""Void reservation: the error proves that the model was not called, so nothing is owed."""

from typing import Any

from aws_lambda_powertools import Logger

from cost_sentry import bootstrap
from cost_sentry.adapters.refused_call import refused_answer
from cost_sentry.adapters.ticket import read_ticket
from cost_sentry.adapters.tried_again import again_of, started_at
from cost_sentry.application.try_again import try_again
from cost_sentry.application.void_reservation import void_reservation

logger = Logger(service="void_reservation")


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """``{"ticket", "error", "sentry", "startedAt"}`` to what is said of it, or tried again."""
    reservation, _ = read_ticket(event["ticket"])
    error, before, began = event["error"]["Error"], again_of(event["ticket"]), started_at(event)
    resolved = void_reservation(
        reservation,
        error,
        ledger=bootstrap.ledger(),
        clock=bootstrap.clock(),
        outcomes=bootstrap.emergency_store,
    )
    ended, trying = resolved.resolved, bootstrap.region_models().trying_again()
    again = try_again(ended, before, started_at=began, **trying)
    logger.info(
        ended.resolution.state.value,
        request_id=reservation.request_id,
        error=error,
        first=resolved.first,
        again=again is not None,
    )
    return refused_answer(event, ended, bootstrap.price_book().card, again)
