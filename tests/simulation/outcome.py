"""What came of a seed."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.simulation.audit.broken import BrokenPromise


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one seed did."""

    seed: int
    workload: str
    operations: int
    """Calls that DynamoDB's model carried out."""
    events: int
    virtual_seconds: int
    allowed: int
    refused: int
    unavailable: int
    writes: int
    checks: int
    """Comparisons of what was found with what is promised."""
    faults: Mapping[str, int]
    """How often each struck."""
    met: Mapping[str, int]
    """How often the ledger did what it rarely does: shards split, windows crowded."""
    failure: BrokenPromise | None = None
    trace: tuple[str, ...] = ()
