"""Amounts for people: short enough for a table, rounded to the side that cannot mislead."""

from cost_sentry.domain.budget import Unit
from cost_sentry.domain.money import PICODOLLARS_PER_DOLLAR

_MILLION = 10**6


def spent_text(unit: Unit, amount: int) -> str:
    """Money that is gone or held: rounded up, so it is never shown as less than it is."""
    return _text(unit, amount, up=True)


def left_text(unit: Unit, amount: int) -> str:
    """Money that can still be spent: rounded down, so it is never shown as more than it is."""
    return _text(unit, amount, up=False)


def usd_text(decimal_text: str | None) -> str:
    """An exact decimal string of an answer, as ``$0.0123``; unknown is never zero."""
    return "unknown" if decimal_text is None else f"${decimal_text}"


def used_percent(limit: int, used: int) -> str:
    """How much of a limit is posted or held, rounded up: ``83 %``."""
    if limit <= 0:
        return "–"
    return f"{-(-used * 100 // limit)} %"


def _text(unit: Unit, amount: int, *, up: bool) -> str:
    if unit is Unit.TOKENS:
        return f"{_tokens(amount, up=up)} tok"
    sign, dollars = ("-", -amount) if amount < 0 else ("", amount)
    return f"{sign}${_dollars(dollars, up=up is (amount >= 0))}"


def _tokens(amount: int, *, up: bool) -> str:
    if abs(amount) < _MILLION:
        return f"{amount:,}"
    return f"{_scaled(amount, _MILLION, 3, up=up)} M"


def _dollars(amount: int, *, up: bool) -> str:
    """As many decimals as a reader of this size of amount can use."""
    if amount >= _MILLION * PICODOLLARS_PER_DOLLAR:
        return f"{_scaled(amount, _MILLION * PICODOLLARS_PER_DOLLAR, 3, up=up)} M"
    decimals = 6 if amount < PICODOLLARS_PER_DOLLAR else 4
    decimals = 2 if amount >= 100 * PICODOLLARS_PER_DOLLAR else decimals
    return _scaled(amount, PICODOLLARS_PER_DOLLAR, decimals, up=up)


def _scaled(amount: int, unit: int, decimals: int, *, up: bool) -> str:
    """``amount / unit`` with at most ``decimals`` and at least two decimals."""
    scale = 10**decimals
    steps = -(-amount * scale // unit) if up else amount * scale // unit
    sign, steps = ("-", -steps) if steps < 0 else ("", steps)
    whole, fraction = divmod(steps, scale)
    digits = f"{fraction:0{decimals}d}".rstrip("0").ljust(2, "0")
    return f"{sign}{whole:,}.{digits}"
