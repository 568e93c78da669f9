"""Whole picodollars: 10⁻¹² US dollars, as plain integers.

A price in dollars per million tokens with up to six decimals is a whole number of picodollars
per token, so no sum of costs is ever rounded. JSON carries money as decimal strings, because its
numbers are doubles and 2⁵³ picodollars are only 9,007 dollars.
"""

from decimal import Decimal, InvalidOperation

PICODOLLARS_PER_DOLLAR = 10**12


def picodollars(dollars: Decimal | str | int) -> int:
    """Dollars as whole picodollars; ``ValueError`` if negative, not finite, or finer than 10⁻¹²."""
    try:
        scaled = Decimal(dollars) * PICODOLLARS_PER_DOLLAR
    except InvalidOperation:
        raise ValueError(f"not an amount of dollars: {dollars!r}") from None
    if not scaled.is_finite() or scaled < 0 or scaled != scaled.to_integral_value():
        raise ValueError(f"not a whole, non-negative number of picodollars: {dollars!r} dollars")
    return int(scaled)


def dollars_text(amount_picodollars: int) -> str:
    """Picodollars as an exact decimal string of dollars, at least two decimals: ``"12.50"``."""
    sign = "-" if amount_picodollars < 0 else ""
    whole, fraction = divmod(abs(amount_picodollars), PICODOLLARS_PER_DOLLAR)
    digits = f"{fraction:012d}".rstrip("0").ljust(2, "0")
    return f"{sign}{whole}.{digits}"
