"""Whole picodollars: 10⁻¹² US dollars, as plain integers.

A price in dollars per million tokens with up to six decimals is a whole number of picodollars
per token, so no sum of costs is ever rounded. JSON carries money as decimal strings, because its
numbers are doubles and 2⁵³ picodollars are only 9,007 dollars.
"""

from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow

PICODOLLARS_PER_DOLLAR = 10**12
DIGITS_MAX = 38
"""Of an amount: what DynamoDB keeps of a number exactly."""
_EXACT = Context(
    prec=DIGITS_MAX,
    Emax=DIGITS_MAX - 1,
    Emin=-DIGITS_MAX,
    traps=[InvalidOperation, Overflow, Inexact],
)
"""Raises instead of rounding, and before an exponent becomes that many digits in memory."""


def picodollars(dollars: Decimal | str | int) -> int:
    """Dollars as whole picodollars; ``ValueError`` if negative, not finite, or finer than 10⁻¹².

    Also for more than ``DIGITS_MAX`` digits of picodollars.
    """
    amount = whole_units(dollars, per_unit=PICODOLLARS_PER_DOLLAR)
    if amount is None:
        raise ValueError(f"not a whole, non-negative number of picodollars: {dollars!r} dollars")
    return amount


def whole_units(number: Decimal | str | int, *, per_unit: int = 1) -> int | None:
    """``number`` times ``per_unit``, exactly; ``None`` for no whole number of ``DIGITS_MAX``."""
    try:
        scaled = _EXACT.multiply(Decimal(number), per_unit)
    except ArithmeticError:
        return None
    if not scaled.is_finite() or scaled < 0 or scaled != scaled.to_integral_value():
        return None
    return int(scaled)


def dollars_text(amount_picodollars: int) -> str:
    """Picodollars as an exact decimal string of dollars, at least two decimals: ``"12.50"``."""
    sign = "-" if amount_picodollars < 0 else ""
    whole, fraction = divmod(abs(amount_picodollars), PICODOLLARS_PER_DOLLAR)
    digits = f"{fraction:012d}".rstrip("0").ljust(2, "0")
    return f"{sign}{whole}.{digits}"
