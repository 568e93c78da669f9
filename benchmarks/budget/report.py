"""The tables at the end, for a terminal of 80 columns."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console

from benchmarks.budget.tables import all_tables
from benchmarks.budget.targets import targets
from benchmarks.shared.terminal import rendered

Json = dict[str, Any]


def print_report(console: Console, results: Json, broken: Sequence[str]) -> None:
    """Everything, top to bottom; the verdict last."""
    for table in (*all_tables(results["figures"]), targets(results["figures"])):
        if table.rows:
            console.print(rendered(table))
    for note in results["about"]["notes"]:
        console.print(note, style="yellow", markup=False)
    for promise in broken:
        console.print(promise, style="red", markup=False)
    if not broken:
        console.print("No budget was overspent, and nobody was refused wrongly.", style="green")
