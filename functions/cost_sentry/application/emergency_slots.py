"""What the slots of an allowance hold, by the prices and windows of now."""

from dataclasses import dataclass
from datetime import date, datetime

from cost_sentry.application.candidates import Candidate
from cost_sentry.application.ports import PriceBook
from cost_sentry.domain.decision import DecisionKind
from cost_sentry.domain.emergency import (
    SLOT_EXECUTION,
    TURNS_MAX,
    EmergencyAllowance,
    SlotName,
    day_of,
    expiry_of,
    slot_names,
)
from cost_sentry.domain.invocation import Priority
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.price_book import ModelPrice, quote_picodollars
from cost_sentry.domain.reservation import Hold, Reservation
from cost_sentry.domain.sentry_config import SentryConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepaidCalls:
    """An allowance with what one of its calls holds now; all of a day's slots are alike."""

    allowance: EmergencyAllowance
    price: ModelPrice
    price_version: str
    quote_picodollars: int
    holds: tuple[Hold, ...]
    day: date

    def turns(self) -> list[tuple[SlotName, ...]]:
        """Today's slots, by index; if one is given back, the next turn's takes its place."""
        return [
            slot_names(self.allowance, self.holds, self.price_version, self.day, turn)
            for turn in range(TURNS_MAX)
        ]

    def reservation(self, name: SlotName, run: str, now: datetime) -> Reservation:
        """What the ledger is asked to hold for this slot; ``run`` names who asks."""
        allowance = self.allowance
        return Reservation(
            request_id=name.text,
            account=allowance.account,
            attempt=f"{SLOT_EXECUTION}.{run}",
            digest=name.digest,
            decision=DecisionKind.ALLOW.value,
            model_asked=allowance.model_id,
            model_used=allowance.model_id,
            price_version=self.price_version,
            input_bound_tokens=allowance.input_tokens_max,
            output_limit_tokens=allowance.output_tokens_max,
            quote_picodollars=self.quote_picodollars,
            holds=self.holds,
            tags=allowance.scope,
            priority=Priority.NORMAL.value,
            reserved_at=now,
            expires_at=expiry_of(self.day),
        )


def prepaid_calls(
    allowance: EmergencyAllowance, config: SentryConfig, book: PriceBook, now: datetime
) -> PrepaidCalls | None:
    """``None`` if the model has no price, or no budget covers such calls: unknown is never free."""
    price, base = book.price(allowance.model_id), base_model_id(allowance.model_id)
    if price is None or not config.is_covered(allowance.scope, base):
        return None
    quote = quote_picodollars(
        price,
        input_bound_tokens=allowance.input_tokens_max,
        output_limit_tokens=allowance.output_tokens_max,
        writes_cache=False,
    )
    one = Candidate(
        model_id=allowance.model_id,
        decision=DecisionKind.ALLOW,
        price=price,
        input_bound_tokens=allowance.input_tokens_max,
        output_limit_tokens=allowance.output_tokens_max,
        quote_picodollars=quote,
        writes_cache=False,
        counts_tokens=False,
        budgets=config.budgets_of(allowance.scope, base),
    )
    return PrepaidCalls(
        allowance=allowance,
        price=price,
        price_version=book.version,
        quote_picodollars=quote,
        holds=one.holds(now),
        day=day_of(now),
    )
