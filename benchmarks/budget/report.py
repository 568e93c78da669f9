"""The tables at the end, for a terminal of 80 columns."""

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table as RichTable

from benchmarks.budget.tables import Table, all_tables
from benchmarks.budget.targets import targets

COLUMNS_MAX = 80

Json = dict[str, Any]


def print_report(console: Console, results: Json, broken: Sequence[str]) -> None:
    """Everything, top to bottom; the verdict last."""
    for table in (*all_tables(results["figures"]), targets(results["figures"])):
        if table.rows:
            console.print(_rendered(table))
    for note in results["about"]["notes"]:
        console.print(note, style="yellow", markup=False)
    for promise in broken:
        console.print(promise, style="red", markup=False)
    if not broken:
        console.print("No budget was overspent, and nobody was refused wrongly.", style="green")


def _rendered(table: Table) -> RichTable:
    shown = RichTable(title=table.title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name, cells in zip(table.head, zip(*table.rows, strict=True), strict=True):
        numbers = all(cell[:1] in "0123456789$–" for cell in cells)
        shown.add_column(name, justify="right" if numbers else "left", overflow="fold")
    for row in table.rows:
        shown.add_row(*row)
    return shown
