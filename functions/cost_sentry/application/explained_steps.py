"""What happened to a reservation, as the lines of a story."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cost_sentry.domain.ledger_entry import EntryKind, LedgerEntry
from cost_sentry.domain.reservation import Reservation


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happened, as a line of a story."""

    at: datetime
    what: str
    """``reserve``, ``settle``, ``void``, ``expire``, ``adjust``, ``reject`` or ``answer``."""
    detail: str


def steps_of(held: Reservation, ends: Sequence[LedgerEntry]) -> tuple[Step, ...]:
    """That it was held, and then how it ended, in the order of ``ends``."""
    reserved = Step(
        at=held.reserved_at,
        what=EntryKind.RESERVE,
        detail=f"for {held.model_used}, until {held.expires_at.isoformat(timespec='seconds')}",
    )
    resolved = [(entry, entry.resolution) for entry in ends if entry.resolution is not None]
    steps = [
        Step(at=resolution.resolved_at, what=entry.kind, detail=resolution.reason)
        for entry, resolution in resolved
    ]
    return (reserved, *steps)
