"""Amounts for people: short enough for a table, rounded to the side that cannot mislead."""

from cost_sentry.domain.budget import Unit
from cost_sentry.domain.money import PICODOLLARS_PER_DOLLAR

_MILLION = 10**6
_SHORT_NOUNS = {
    Unit.TOKENS: "tok",
    Unit.INPUT_TOKENS: "tok in",
    Unit.OUTPUT_TOKENS: "tok out",
    Unit.REQUESTS: "req",
    Unit.IN_FLIGHT: "calls",
    Unit.RETRIES: "retries",
    Unit.DEPTH: "levels",
    Unit.CHILDREN: "children",
}
"""Tables have 80 columns."""


def spent_text(unit: Unit, amount: int) -> str:
    """Money that is gone or reserved: rounded up, so it is never shown as less than it is."""
    return _named(unit, shown_amount(unit, amount, of=amount, up=True))


def left_text(unit: Unit, amount: int) -> str:
    """Money that can still be spent: rounded down, so it is never shown as more than it is."""
    return _named(unit, shown_amount(unit, amount, of=amount, up=False))


def usd_text(decimal_text: str | None) -> str:
    """An exact decimal string of an answer, as ``$0.0123``; unknown is never zero."""
    return "unknown" if decimal_text is None else f"${decimal_text}"


def used_percent(limit: int, used: int) -> str:
    """How much of a limit is posted or pending, rounded down: ``100 %`` is all of it."""
    if limit <= 0:
        return "–"
    return f"{used * 100 // limit} %"


def shown_amount(unit: Unit, amount: int, *, of: int, up: bool) -> str:
    """``amount`` with as many decimals as amounts of the size of ``of`` need: ``$0.0123``, ``12``.

    A table gives a whole row the decimals of its limit.
    """
    sign, size = ("-", -amount) if amount < 0 else ("", amount)
    up = up is (amount >= 0)
    if unit is not Unit.USD:
        return sign + (
            _scaled(size, _MILLION, 3, up=up) + " M" if size >= _MILLION else f"{size:,}"
        )
    if size >= _MILLION * PICODOLLARS_PER_DOLLAR:
        return f"{sign}${_scaled(size, _MILLION * PICODOLLARS_PER_DOLLAR, 3, up=up)} M"
    return f"{sign}${_scaled(size, PICODOLLARS_PER_DOLLAR, _decimals(abs(of)), up=up)}"


def _named(unit: Unit, text: str) -> str:
    return text if unit is Unit.USD else f"{text} {_SHORT_NOUNS[unit]}"


def _decimals(size: int) -> int:
    """Two for hundreds of dollars, six below ten cents."""
    if size >= 100 * PICODOLLARS_PER_DOLLAR:
        return 2
    return 4 if size * 10 >= PICODOLLARS_PER_DOLLAR else 6


def _scaled(amount: int, unit: int, decimals: int, *, up: bool) -> str:
    """``amount / unit`` with at most ``decimals`` and at least two decimals."""
    scale = 10**decimals
    steps = -(-amount * scale // unit) if up else amount * scale // unit
    whole, fraction = divmod(steps, scale)
    digits = f"{fraction:0{decimals}d}".rstrip("0").ljust(2, "0")
    return f"{whole:,}.{digits}"


def seconds_text(seconds: int) -> str:
    """A wait in its two largest units: ``45 s``, ``9 h 30 min``."""
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, rest = divmod(rest, 60)
    units = ((days, "d"), (hours, "h"), (minutes, "min"), (rest, "s"))
    shown = [f"{count} {unit}" for count, unit in units if count]
    return " ".join(shown[:2]) or "0 s"
