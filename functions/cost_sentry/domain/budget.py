"""A budget is scope × unit × window × limit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from cost_sentry.domain.money import dollars_text, picodollars, whole_units
from cost_sentry.domain.window import Window, WindowKind, window_at

MODEL_TAG = "model"
"""The one scope tag that is not the caller's: it names the model that will be called."""


class Unit(StrEnum):
    """What a budget counts. The ledger counts whole picodollars or whole tokens."""

    USD = "usd"
    TOKENS = "tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A limit that the ledger holds for every request whose tags match ``scope``."""

    id: str
    scope: Mapping[str, str]
    """Tags a request must carry, all of them; empty is the whole organisation."""
    unit: Unit
    window: WindowKind
    limit: int
    """In the ledger's unit: picodollars or tokens."""
    owners: tuple[str, ...] = ()
    """E-mail addresses that hear about thresholds."""
    thresholds_percent: tuple[int, ...] = (50, 80, 100)

    def covers(self, tags: Mapping[str, str], model_id: str) -> bool:
        """Whether a request with these tags, calling this base model id, is charged here."""
        facts = {**tags, MODEL_TAG: model_id}
        return all(facts.get(name) == value for name, value in self.scope.items())

    def window_at(self, now: datetime) -> Window:
        """The window that a reservation made ``now`` belongs to, for good."""
        return window_at(self.window, now)


def amount_text(unit: Unit, amount: int) -> str:
    """An amount of the ledger as people read it: ``"12.50"`` dollars or ``"15000"`` tokens."""
    return dollars_text(amount) if unit is Unit.USD else str(amount)


def parse_amount(unit: Unit, text: str | int | Decimal) -> int:
    """The inverse of ``amount_text``; ``ValueError`` for anything but a finite, exact amount."""
    if unit is Unit.USD:
        return picodollars(text)
    tokens = whole_units(text)
    if tokens is None:
        raise ValueError(f"not a whole, non-negative number of tokens: {text!r}")
    return tokens
