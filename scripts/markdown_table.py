"""A table as lines of Markdown."""

import json
from collections.abc import Iterable
from pathlib import Path

Rows = Iterable[Iterable[object]]


def table(*head: str, rows: Rows) -> str:
    """One Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def docstring_table(docstring: str | None) -> str:
    """The table of a module's docstring; ``ValueError`` if it has none."""
    lines = [line for line in (docstring or "").splitlines() if line.startswith("|")]
    if not lines:
        raise ValueError("the docstring has no table")
    return "\n".join(lines).replace("``", "`")


def states_table(definition: Path) -> str:
    """The states of a machine, in the order in which they are written."""
    machine = json.loads(definition.read_text(encoding="utf-8"))
    rows = (
        (f"**{name}**", state["Type"], state["Comment"])
        for name, state in machine["States"].items()
    )
    return table("state", "type", "why", rows=rows)
