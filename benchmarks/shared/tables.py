"""What a run found, as rows of text: for the terminal and for the page alike."""

from collections.abc import Sequence
from dataclasses import dataclass

NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Table:
    """A heading, and cells of text."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def markdown(table: Table) -> str:
    """For a page; the heading is the page's own."""
    lines = [table.head, ["---"] * len(table.head), *table.rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def percent(ratio: float | None) -> str:
    """With two decimals: the targets are whole per cents, and near misses matter."""
    return NOTHING if ratio is None else f"{100 * ratio:.2f} %"


def text(figure: float | None, unit: str = "") -> str:
    """A figure, or that nobody knows it."""
    return NOTHING if figure is None else f"{figure}{unit}"


def verdict(reached: bool) -> str:  # noqa: FBT001 - one flag, and its word
    """Whether a figure is reached, in a word."""
    return "yes" if reached else "no"
