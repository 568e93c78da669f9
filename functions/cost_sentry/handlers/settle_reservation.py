"""Settle reservation: price what the model reported, post it, answer in Converse's own shape."""

from typing import Any

from aws_lambda_powertools import Logger

from cost_sentry import bootstrap
from cost_sentry.adapters.answer_block import resolved_block
from cost_sentry.adapters.converse_codec import from_integration
from cost_sentry.adapters.converse_usage import parse_usage
from cost_sentry.adapters.ticket import price_served, read_place, read_ticket
from cost_sentry.application.keep_answer import keep_answer
from cost_sentry.application.settle_reservation import settle_reservation

logger = Logger(service="settle_reservation")


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """``{"ticket", "path", "response", "sentry"}`` to Converse's response with ``sentry``."""
    (reservation, _), response = read_ticket(event["ticket"]), event["response"]
    answer = from_integration(response) if event["path"] == "DIRECT" else response
    told = settle_reservation(
        reservation,
        price_served(event["ticket"], answer),
        parse_usage(answer),
        ledger=bootstrap.ledger(),
        clock=bootstrap.clock(),
        outcomes=bootstrap.emergency_store,
    )
    fields: dict[str, Any] = {"request_id": reservation.request_id, "first": told.first}
    if place := read_place(event["ticket"]):
        fields["unkept"] = keep_answer(
            place, answer, told.resolved, keeper=bootstrap.answers, clock=bootstrap.clock()
        )
    ended = told.resolved.resolution
    logger.info(ended.state.value, estimated=ended.estimated, **fields)
    return {**answer, "sentry": resolved_block(event["sentry"], told.resolved)}
