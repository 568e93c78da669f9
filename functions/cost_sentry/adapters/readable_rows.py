"""Rows of the table, one by one: what is stored may be damaged, or of another version."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from cost_sentry.adapters.ledger_items import Item
from cost_sentry.application.rows import Rows, Unreadable
from cost_sentry.domain.errors import ConfigurationError, RecordUnreadable

Row = TypeVar("Row")
Read = Callable[[Item], Row]
_NO_RECORD = (
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    ConfigurationError,
)
"""What reading raises of a text that is no record; a measure in it is a part of a configuration."""


def read_row(item: Item, read: Read[Row], what: str) -> Row:
    """``RecordUnreadable``, which says where it is, if it is no record of this version."""
    try:
        return read(item)
    except _NO_RECORD as error:
        where = f"{item['pk']['S']} / {item['sk']['S']}"
        is_told = isinstance(error, ValueError | ConfigurationError)
        why = f"{error}" if is_told else f"{type(error).__name__}: {error}"
        raise RecordUnreadable(f"the {what} at {where} cannot be read: {why}") from error


def read_rows(
    items: Iterable[Item], read: Read[Row], what: str, rows_max: int | None = None
) -> Rows[Row]:
    """Each by itself; at most ``rows_max`` that can be read, for the others take nobody's place."""
    found: list[Row] = []
    unreadable: list[Unreadable] = []
    for item in items:
        if rows_max is not None and len(found) >= rows_max:
            break
        try:
            found.append(read_row(item, read, what))
        except RecordUnreadable as error:
            unreadable.append(Unreadable(name=item["sk"]["S"], problem=str(error)))
    return Rows(found, unreadable)
