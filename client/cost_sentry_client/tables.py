"""Tables for 80 columns. Names may wrap; amounts stand whole."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.table import Table


def amounts_table(*names: str, amounts: Sequence[str]) -> Table:
    """Columns of names on the left and of amounts on the right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for first, name in enumerate(names):
        table.add_column(name, overflow="fold", no_wrap=first > 0)
    for name in amounts:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def facts_table(facts: Iterable[tuple[str, str]]) -> Table:
    """Name and value, one pair a line."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts:
        table.add_row(name, value)
    return table
