"""What came of a seed."""

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
    failure: BrokenPromise | None = None
    trace: tuple[str, ...] = ()
