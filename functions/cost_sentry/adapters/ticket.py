"""What admission hands to settlement through the workflow: the reservation and its price.

And where the answer is to be kept, if it is: the caller sees none of this.

Both are JSON texts inside JSON, so that no state machine rounds a number on the way. Settlement
need not trust them: the ledger settles only the very record that it holds.
"""

import json
from collections.abc import Mapping
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
from cost_sentry.domain.service_tier import service_tier_of


def ticket_of(
    reservation: Reservation,
    price: ModelPrice,
    keep_at: AnswerPlace | None = None,
    standard: ModelPrice | None = None,
) -> dict[str, str]:
    """The ticket; ``read_ticket`` and ``read_place`` are its inverse.

    Args:
        reservation: what is held.
        price: of the call, as it was admitted.
        keep_at: where its answer is to be kept, if it is.
        standard: the price of the standard service tier, of a call that is sent to another one.
    """
    return {
        "reservation": record_text(reservation_to_record(reservation)),
        "price": record_text(asdict(price)),
        **({"keep_at": record_text(asdict(keep_at))} if keep_at else {}),
        **({} if standard is None else {"standardPrice": record_text(asdict(standard))}),
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
        return reservation, _price(ticket["price"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"not a ticket of this sentry: {error}") from error


def price_served(ticket: dict[str, Any], answer: Mapping[str, Any]) -> ModelPrice:
    """The price of the service tier that served the call, as its answer says.

    An answer that names none was served as it was sent. One that names another tier than the call
    was sent to is priced at the standard rates: they are known, and no discount is assumed (P6).
    """
    reservation, price = read_ticket(ticket)
    told = answer.get("serviceTier")
    served = told.get("type") if isinstance(told, Mapping) else None
    sent = service_tier_of(reservation.price_version)
    if served in (None, sent) or "standardPrice" not in ticket:
        return price
    return _price(ticket["standardPrice"])


def _price(text: str) -> ModelPrice:
    price = json.loads(text)
    tiers = tuple(
        ContextTier(
            above_prompt_tokens=tier["above_prompt_tokens"], rates=TokenRates(**tier["rates"])
        )
        for tier in price["context_tiers"]
    )
    rates = TokenRates(**price["rates"])
    return ModelPrice(model_id=price["model_id"], rates=rates, context_tiers=tiers)
