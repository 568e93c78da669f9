"""DynamoDB's values in the low-level form: what is allowed, how they compare, what they weigh.

A value that was accepted is never changed, so items share the values that they have in common.

Sizes, as "Amazon DynamoDB Item Sizes and Formats" of its developer guide gives them: a name counts
its UTF-8 bytes; a string likewise; a number one byte for every two significant digits, and one, and
one for a minus; a map or list 3 bytes and one for every element, and what is in it; true, false and
null one byte; a set the sum of its elements.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any

from tests.simulation.dynamodb.refusals import Invalid

Value = Mapping[str, Any]

DIGITS_MAX = 38
CONTAINER_BYTES = 3
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,37}")
_EXACT = Context(prec=DIGITS_MAX, Emax=125, Emin=-130, traps=[Inexact, InvalidOperation])
_TOO_PRECISE = "Attempting to store more than 38 significant digits in a Number"
_TOO_LARGE = (
    "Number overflow. Attempting to store a number with magnitude larger than supported range"
)
_SETS = {"SS", "NS", "BS"}
_TYPES = {"S", "N", "B", "BOOL", "NULL", "M", "L", *_SETS}


def accepted(value: Value) -> Value:
    """The value as the service keeps it; ``Invalid`` if it is none."""
    if len(value) != 1:
        raise Invalid("Supplied AttributeValue is empty, must contain exactly one of the datatypes")
    ((kind, content),) = value.items()
    if kind == "S":
        return value
    if kind == "N":
        return value if _WHOLE.fullmatch(content) else {"N": number_text(content)}
    if kind == "M":
        return {"M": {name: accepted(inner) for name, inner in content.items()}}
    if kind == "L":
        return {"L": [accepted(inner) for inner in content]}
    if kind in _SETS:
        return {kind: _members(kind, content)}
    if kind not in _TYPES:
        raise Invalid("Supplied AttributeValue has no known datatype")
    return value


def _members(kind: str, content: Any) -> list[Any]:
    members = [number_text(n) for n in content] if kind == "NS" else list(content)
    if not members:
        raise Invalid("One or more parameter values were invalid: An string set  may not be empty")
    if len(set(members)) < len(members):
        raise Invalid(
            "One or more parameter values were invalid: Input collection contains duplicates."
        )
    return sorted(members)


def number_text(text: str) -> str:
    """The one text of a number: plain, without needless zeros."""
    if _WHOLE.fullmatch(text):
        return text
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Invalid("The parameter cannot be converted to a numeric value: " + text) from None
    return _plain(number)


def _plain(number: Decimal) -> str:
    if not number.is_finite():
        raise Invalid(f"The parameter cannot be converted to a numeric value: {number}")
    if number == 0:
        return "0"
    try:
        number = number.normalize(_EXACT)
    except Inexact:
        too_large = number.adjusted() > 125
        raise Invalid(_TOO_LARGE if too_large else _TOO_PRECISE) from None
    return f"{number:f}"


def added(one: str, other: str, sign: int) -> str:
    """The exact sum or difference of two numbers."""
    if "." in one or "." in other:
        wide = Context(prec=400)
        return _plain(wide.add(Decimal(one), wide.multiply(Decimal(sign), Decimal(other))))
    result = str(int(one) + sign * int(other))
    return result if len(result) <= DIGITS_MAX else _plain(Decimal(result))


def number_of(value: Value) -> int | Decimal:
    """To compare by."""
    text: str = value["N"]
    return Decimal(text) if "." in text else int(text)


def is_ordered(one: Value, other: Value, operator: str) -> bool:
    """``one operator other`` for ``<``, ``<=``, ``>``, ``>=``; false across types."""
    ((kind, left),) = one.items()
    if kind not in other:
        return False
    right = other[kind]
    if kind == "N":
        left, right = number_of(one), number_of(other)
    elif kind not in ("S", "B"):
        return False
    if operator == ">=":
        return bool(left >= right)
    if operator == "<=":
        return bool(left <= right)
    return bool(left > right) if operator == ">" else bool(left < right)


def text_bytes(text: str) -> int:
    """Length in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


def number_bytes(text: str) -> int:
    """Two significant digits a byte, one more, and one for a minus."""
    digits = text.replace(".", "").lstrip("-0").rstrip("0")
    return (len(digits) + 1) // 2 + 1 + text.startswith("-")


def value_bytes(value: Value) -> int:
    """What a value weighs."""
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content) if content.isascii() else len(content.encode())
    return _BYTES[kind](content)


def _map_bytes(content: Mapping[str, Value]) -> int:
    size = CONTAINER_BYTES + len(content)
    for name, inner in content.items():
        size += text_bytes(name) + value_bytes(inner)
    return size


def _list_bytes(content: list[Value]) -> int:
    return CONTAINER_BYTES + len(content) + sum(map(value_bytes, content))


_BYTES: Mapping[str, Callable[[Any], int]] = {
    "N": number_bytes,
    "M": _map_bytes,
    "L": _list_bytes,
    "NS": lambda content: sum(map(number_bytes, content)),
    "SS": lambda content: sum(map(text_bytes, content)),
    "BS": lambda content: sum(map(len, content)),
    "B": len,
    "BOOL": lambda _content: 1,
    "NULL": lambda _content: 1,
}


def item_bytes(item: Mapping[str, Value]) -> int:
    """What an item weighs."""
    return sum(text_bytes(name) + value_bytes(value) for name, value in item.items())


def element_count(value: Value) -> int:
    """``size()`` of an expression: length of a text or of bytes, number of elements."""
    ((kind, content),) = value.items()
    if kind in ("N", "BOOL", "NULL"):
        raise Invalid(
            "Invalid operand type for operator or function; operator or function: size, "
            f"operand type: {kind}"
        )
    return len(content)
