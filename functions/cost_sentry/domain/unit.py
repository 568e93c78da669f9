"""What a budget counts, and how its amounts are written."""

from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from cost_sentry.domain.money import dollars_text, picodollars, whole_units


class Unit(StrEnum):
    """What a budget counts. The ledger counts whole picodollars, tokens, requests or calls."""

    USD = "usd"
    TOKENS = "tokens"
    """In and out, cached ones included."""
    INPUT_TOKENS = "input_tokens"
    OUTPUT_TOKENS = "output_tokens"
    REQUESTS = "requests"
    """Each call holds one, and posts it unless it surely did not run."""
    IN_FLIGHT = "in_flight"
    """Each call holds one while it runs, and gives it back however it ends."""
    RETRIES = "retries"
    """Of an agent run: a call that repeats a step holds one, and posts it as a request does."""
    DEPTH = "depth"
    """Of an agent run: how far below its root an agent may call. Compared, never held."""
    CHILDREN = "children"
    """Of an agent run: how many agents may call right below each one. Registered, never held."""

    @property
    def is_spent(self) -> bool:
        """Whether calls that have ended leave anything posted."""
        return self is not Unit.IN_FLIGHT and self.is_held

    @property
    def is_held(self) -> bool:
        """Whether a call holds any of it."""
        return self not in (Unit.DEPTH, Unit.CHILDREN)

    @property
    def is_of_a_run(self) -> bool:
        """Whether only an agent run has any of it."""
        return self is Unit.RETRIES or not self.is_held


_NOUNS = {
    Unit.TOKENS: ("token", "tokens"),
    Unit.INPUT_TOKENS: ("input token", "input tokens"),
    Unit.OUTPUT_TOKENS: ("output token", "output tokens"),
    Unit.REQUESTS: ("request", "requests"),
    Unit.IN_FLIGHT: ("call in flight", "calls in flight"),
    Unit.RETRIES: ("retry", "retries"),
    Unit.DEPTH: ("level below the root", "levels below the root"),
    Unit.CHILDREN: ("child", "children"),
}


MANY = 2
"""An amount whose noun is in the plural."""


def noun(unit: Unit, amount: int) -> str:
    """What an amount of the ledger counts, in words: ``request``, ``calls in flight``, ``usd``."""
    if unit is Unit.USD:
        return unit.value
    one, many = _NOUNS[unit]
    return one if amount == 1 else many


def amount_text(unit: Unit, amount: int) -> str:
    """An amount of the ledger as people read it: ``"12.50"`` dollars or ``"15000"`` tokens."""
    return dollars_text(amount) if unit is Unit.USD else str(amount)


def amount_in_words(unit: Unit, amount: int) -> str:
    """The same with what it counts: ``12.50 usd``, ``15000 tokens``, ``1 call in flight``."""
    return f"{amount_text(unit, amount)} {noun(unit, amount)}"


def parse_amount(unit: Unit, text: str | int | Decimal) -> int:
    """The inverse of ``amount_text``; ``ValueError`` for anything but a finite, exact amount."""
    if unit is Unit.USD:
        return picodollars(text)
    amount = whole_units(text)
    if amount is None:
        raise ValueError(f"not a whole, non-negative number of {noun(unit, MANY)}: {text!r}")
    return amount


def amount_held(
    unit: Unit, *, quote_picodollars: int, input_tokens: int, output_tokens: int
) -> int:
    """What a call holds of a budget in this unit, in the ledger's amounts.

    Args:
        unit: of the budget.
        quote_picodollars: the most that the call can cost.
        input_tokens: the most that its prompt can have.
        output_tokens: the most that the model may write.
    """
    match unit:
        case Unit.USD:
            return quote_picodollars
        case Unit.TOKENS:
            return input_tokens + output_tokens
        case Unit.INPUT_TOKENS:
            return input_tokens
        case Unit.OUTPUT_TOKENS:
            return output_tokens
        case Unit.REQUESTS | Unit.IN_FLIGHT | Unit.RETRIES:
            return 1
        case Unit.DEPTH | Unit.CHILDREN:
            return 0
    assert_never(unit)
