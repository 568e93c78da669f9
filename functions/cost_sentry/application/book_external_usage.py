"""Book usage that passed no gate: an ordinary reservation, and its settlement, in the ledger.

It cannot be refused, for it has happened. A budget that cannot pay holds nothing for it and is
charged all the same, as an overrun: what it owes nobody else can spend (ADR 0027).
"""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b

from cost_sentry.application.ports import Ledger, SameId, Shortage
from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.errors import invariant
from cost_sentry.domain.external_usage import usage_of
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.reservation import (
    EXTERNAL_ACCOUNTS,
    Hold,
    Reservation,
    ReservationState,
    external_use,
)
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.usage_cursor import Intent

EXTERNAL = "EXTERNAL"
"""The decision that such a reservation has: nobody decided it."""
EXTERNAL_TEAM = "(external usage)"
"""Under which reports show who spent it; no team is named so, for teams have no brackets."""
UNPRICED = "none"
HOLD = timedelta(minutes=10)
"""A run takes seconds; what one leaves unsettled is charged as it is when this is over."""
_NOBODY = "-"
_PLAIN = re.compile(r"[A-Za-z0-9._:-]{1,96}", re.ASCII)
"""Fits into a request id, and so can be asked for with ``explain``."""


def book_external_usage(
    model_id: str,
    intent: Intent,
    *,
    charged_as: str,
    config: SentryConfig,
    ledger: Ledger,
    now: datetime,
) -> Reservation:
    """Book it unless it is; the reservation as it was booked first, whoever did.

    ``model_id`` is what it was metered as, and ``charged_as`` the model behind that.

    Raises:
        LedgerUnavailable: Perhaps it is booked, perhaps not; ask again with the same intent.
    """
    asked = external_reservation(model_id, intent, config, now, charged_as=charged_as)
    answer = ledger.reserve(asked)
    while isinstance(answer, Shortage):
        holds_something = any(h.amount for h in asked.holds if h.key == answer.hold.key)
        invariant(holds_something, "P2", "a hold of nothing was refused")
        asked = _holding_nothing_of(asked, answer.hold.key)
        answer = ledger.reserve(asked)
    booked = answer.reservation
    if isinstance(answer, SameId) and answer.resolution is not None:
        return booked
    usage = usage_of(intent.amounts)
    ended = external_use(booked, now, state=ReservationState.SETTLED, usage=usage)
    return ledger.resolve(booked, ended).resolved.reservation


def external_reservation(
    model_id: str, intent: Intent, config: SentryConfig, now: datetime, *, charged_as: str
) -> Reservation:
    """What is held for it, in the windows of the minute in which it was metered."""
    amounts = intent.amounts
    prompt = amounts.input_tokens + amounts.cache_read_tokens + amounts.cache_write_tokens
    return Reservation(
        request_id=booking_id(model_id, intent),
        account=external_account(model_id),
        attempt=EXTERNAL,
        digest=EXTERNAL,
        decision=EXTERNAL,
        model_asked=model_id,
        model_used=charged_as,
        price_version=intent.price_version or UNPRICED,
        input_bound_tokens=prompt,
        output_limit_tokens=amounts.output_tokens,
        quote_picodollars=amounts.picodollars,
        holds=_holds(charged_as, intent, config),
        tags={"team": EXTERNAL_TEAM, "application": _NOBODY},
        priority="normal",
        reserved_at=now,
        expires_at=now + HOLD,
        calls=amounts.calls,
    )


def external_account(model_id: str) -> str:
    """The account that a model's external usage is booked in."""
    return f"{EXTERNAL_ACCOUNTS}{_in_ids(model_id)}"


def booking_id(model_id: str, intent: Intent) -> str:
    """Its request id: of this model, minute and number, and of no other booking."""
    return f"external:{intent.minute:%Y%m%dT%H%M}:{intent.number}:{_in_ids(model_id)}"


def _in_ids(model_id: str) -> str:
    """The name itself, or of one that no id may hold, such as an ARN, what tells it from others."""
    if _PLAIN.fullmatch(model_id):
        return model_id
    return blake2b(model_id.encode(), digest_size=16, person=b"external").hexdigest()


def budgets_charged(model_id: str, config: SentryConfig) -> tuple[Budget, ...]:
    """Those whose scope is everything, or this model and nothing else, and that keep a sum."""
    of_nobody = config.budgets_of({}, base_model_id(model_id))
    return tuple(b for b in of_nobody if b.unit.is_spent and not b.unit.is_of_a_run)


def _holds(model_id: str, intent: Intent, config: SentryConfig) -> tuple[Hold, ...]:
    holds = (
        Hold(
            budget_id=budget.id,
            window_id=budget.window_at(intent.minute).id,
            unit=budget.unit,
            amount=_amount(budget.unit, intent),
        )
        for budget in budgets_charged(model_id, config)
    )
    return tuple(hold for hold in holds if hold.amount)


def _amount(unit: Unit, intent: Intent) -> int:
    used, amounts = usage_of(intent.amounts), intent.amounts
    charged = {
        Unit.USD: amounts.picodollars,
        Unit.TOKENS: used.total_tokens,
        Unit.INPUT_TOKENS: used.prompt_tokens,
        Unit.OUTPUT_TOKENS: used.output_tokens,
        Unit.REQUESTS: amounts.calls,
    }
    return charged[unit]


def _holding_nothing_of(asked: Reservation, purse: str) -> Reservation:
    holds = (replace(h, amount=0) if h.key == purse else h for h in asked.holds)
    return replace(asked, holds=tuple(holds))
