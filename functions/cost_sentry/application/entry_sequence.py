"""Every shard numbers its entries, so an entry that never arrives is seen."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise

from cost_sentry.application.journal_progress import Progress

MISSING_MAX = 500
"""How many missing sequences are kept per shard; a gap is reported whole in any case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Entries ``first`` to ``last`` of a shard did not arrive before a later one did."""

    place: str
    first: int
    last: int


def advanced(
    place: str, before: Progress, sequences: Collection[int]
) -> tuple[Progress, tuple[Gap, ...]]:
    """The shard's progress once these entries are in the journal, and the gaps they reveal.

    Repeated and late entries are no gap; a late one closes the gap that it left.
    """
    newer = sorted({before.projected, *(s for s in sequences if s > before.projected)})
    gaps = tuple(
        Gap(place=place, first=low + 1, last=high - 1)
        for low, high in pairwise(newer)
        if high > low + 1
    )
    missing = set(before.missing) - set(sequences)
    for gap in gaps:
        room = MISSING_MAX - len(missing)
        missing.update(range(gap.first, min(gap.last + 1, gap.first + max(room, 0))))
    return Progress(projected=newer[-1], missing=frozenset(missing)), gaps
