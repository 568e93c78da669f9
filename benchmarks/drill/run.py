"""PARTS: what is drilled, one row each.

A part gives figures, in the shape that is compared between releases, and details for its page.
"""

from collections.abc import Callable
from typing import Any, Protocol

from benchmarks.drill.anomalies import anomalies

Json = dict[str, Any]
Say = Callable[[str], None]


class Part(Protocol):
    """One thing that is drilled."""

    def __call__(self, say: Say, *, is_quick: bool) -> tuple[Json, Json]:
        """Figures and details."""
        ...


PARTS: dict[str, Part] = {
    "anomalies": anomalies,
}


def drill(names: list[str], say: Say, *, is_quick: bool) -> Json:
    """``figures`` and ``details`` by part, of those that are named."""
    done = {name: PARTS[name](say, is_quick=is_quick) for name in names}
    return {
        "figures": {name: figures for name, (figures, _) in done.items()},
        "details": {name: details for name, (_, details) in done.items()},
    }
