"""A table as lines of Markdown."""

from collections.abc import Iterable

Rows = Iterable[Iterable[object]]


def table(*head: str, rows: Rows) -> str:
    """One Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)
