"""How far the journal has come. Apart from the journal, for shards forget by it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a shard's entries were projected."""

    projected: int = 0
    """The highest sequence in the journal; 0 before the first."""
    missing: frozenset[int] = frozenset()
    """Sequences below it that never arrived, at most the first few hundred of each gap."""
