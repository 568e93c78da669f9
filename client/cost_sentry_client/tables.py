"""Tables for any width, 80 columns most of all: names may fold, and nothing is cut or left out.

Where the columns have no room beside each other, each row stands below its first cell instead.
"""

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

NAME_WIDTH_MIN = 20
"""A name is folded to so many columns at the least; one that is shorter is not folded."""
FACT_NAME_WIDTH_MAX = 44
"""Of what a value is called beside it; longer names fold."""
_BETWEEN = 2
"""Columns between two cells."""


class WholeTable(Table):
    """A table whose every cell is readable, however narrow the terminal."""

    def __init__(self) -> None:
        super().__init__(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
        self._whole_rows: list[tuple[str, ...]] = []

    def add_row(self, *cells: str, style: str = "") -> None:  # type: ignore[override]
        """Texts only; markup in them is none. ``style`` is of the whole row, as of a sum."""
        self._whole_rows.append(cells)
        super().add_row(*map(Text, cells), style=style)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """As a table if that has room, and else row by row."""
        if self._width_min(console, options) <= options.max_width:
            yield from super().__rich_console__(console, options)
            return
        yield records((cells[0], self._named(cells)) for cells in self._whole_rows)

    def _named(self, cells: Sequence[str]) -> list[tuple[str, str]]:
        names = [str(column.header) for column in self.columns]
        return [(name, cell) for name, cell in zip(names[1:], cells[1:], strict=True) if cell]

    def _width_min(self, console: Console, options: ConsoleOptions) -> int:
        widths = 0
        for place, column in enumerate(self.columns):
            texts = [str(column.header), *(cells[place] for cells in self._whole_rows)]
            whole = max(Measurement.get(console, options, Text(t)).maximum for t in texts)
            widths += whole if column.no_wrap else min(whole, NAME_WIDTH_MIN)
        return widths + _BETWEEN * (len(self.columns) - 1)


def amounts_table(*names: str, amounts: Sequence[str]) -> WholeTable:
    """Columns of names on the left and of amounts on the right, which stand whole."""
    table = WholeTable()
    for name in names:
        table.add_column(name, overflow="fold")
    for name in amounts:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def records(rows: Iterable[tuple[str, Iterable[tuple[str, str]]]]) -> Table:
    """What each is called on a line of its own, and its facts below it."""
    table = Table.grid()
    table.add_column(overflow="fold")
    for name, facts in rows:
        table.add_row(Text(name, overflow="fold"))
        table.add_row(Padding(facts_table(facts), (0, 0, 0, 2)))
    return table


def facts_table(facts: Iterable[tuple[str, str]]) -> Table:
    """Name and value, one pair a line."""
    pairs = list(facts)
    longest = max((len(name) for name, _ in pairs), default=0)
    table = Table.grid(padding=(0, 2, 0, 0))
    is_short = longest <= FACT_NAME_WIDTH_MAX
    width = None if is_short else FACT_NAME_WIDTH_MAX
    table.add_column(style="dim", no_wrap=is_short, overflow="fold", max_width=width)
    table.add_column(overflow="fold")
    for name, value in pairs:
        table.add_row(name, value)
    return table
