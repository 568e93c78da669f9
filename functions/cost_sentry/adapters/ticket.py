"""What admission hands to settlement through the workflow: the reservation and its price.

And where the answer is to be kept, if it is: the caller sees none of this.

Both are JSON texts inside JSON, so that no state machine rounds a number on the way. Settlement
need not trust them: the ledger settles only the very record that it holds.
"""

import json
from dataclasses import asdict
from typing import Any

from cost_sentry.adapters.reservation_record import (
    record_text,
    reservation_from_record,
    reservation_to_record,
)
from cost_sentry.domain.answer_cache import AnswerPlace
from cost_sentry.domain.price_book import ContextTier, ModelPrice, TokenRates
from cost_sentry.domain.reservation import Reservation


def ticket_of(
    reservation: Reservation, price: ModelPrice, keep_at: AnswerPlace | None = None
) -> dict[str, str]:
    """The ticket; ``read_ticket`` and ``read_place`` are its inverse."""
    return {
        "reservation": record_text(reservation_to_record(reservation)),
        "price": record_text(asdict(price)),
        **({"keep_at": record_text(asdict(keep_at))} if keep_at else {}),
    }


def read_place(ticket: dict[str, Any]) -> AnswerPlace | None:
    """Where the answer is to be kept; ``None`` if it is not, or if another version wrote that."""
    try:
        return AnswerPlace(**json.loads(ticket["keep_at"]))
    except (KeyError, TypeError, ValueError):
        return None


def read_ticket(ticket: dict[str, Any]) -> tuple[Reservation, ModelPrice]:
    """The reservation and the price it was quoted at; ``ValueError`` if it is no ticket."""
    try:
        reservation = reservation_from_record(json.loads(ticket["reservation"]))
        price = json.loads(ticket["price"])
        tiers = tuple(
            ContextTier(
                above_prompt_tokens=tier["above_prompt_tokens"], rates=TokenRates(**tier["rates"])
            )
            for tier in price["context_tiers"]
        )
        rates = TokenRates(**price["rates"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"not a ticket of this sentry: {error}") from error
    return reservation, ModelPrice(model_id=price["model_id"], rates=rates, context_tiers=tiers)
