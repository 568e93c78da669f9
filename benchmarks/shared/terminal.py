"""How a benchmark speaks: progress and tables of 80 columns on stderr, JSON in files."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table as RichTable

from benchmarks.shared.tables import Table

COLUMNS_MAX = 80

Say = Callable[[str], None]


def console_on_stderr() -> Console:
    """Never wider than ``COLUMNS_MAX``."""
    console = Console(stderr=True)
    console.width = min(console.width, COLUMNS_MAX)
    return console


def progress(console: Console) -> Say:
    """Says what is being done, and after how many seconds."""
    began = time.monotonic()

    def say(what: str) -> None:
        console.print(f"{time.monotonic() - began:6.0f} s  {what}", highlight=False, markup=False)

    return say


def rendered(table: Table) -> RichTable:
    """Numbers to the right."""
    shown = RichTable(title=table.title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name, cells in zip(table.head, zip(*table.rows, strict=True), strict=True):
        numbers = all(cell[:1] in "0123456789$–" for cell in cells)
        shown.add_column(name, justify="right" if numbers else "left", overflow="fold")
    for row in table.rows:
        shown.add_row(*row)
    return shown


def write_json(path: Path, what: dict[str, Any]) -> None:
    """In a folder that need not be there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(what, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
