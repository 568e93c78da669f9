"""One change of the ledger. Entries are never changed; replaying them gives the balances."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cost_sentry.domain.reservation import Reservation, Resolution


class EntryKind(StrEnum):
    """What a write did."""

    RESERVE = "reserve"
    SETTLE = "settle"
    VOID = "void"
    EXPIRE = "expire"
    ALLOT = "allot"
    """Money moved from a budget to an account."""
    RECALL = "recall"
    """Money moved back."""
    ADJUST = "adjust"
    """An operator changed a limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """What one version of one account item says happened.

    ``reservation`` is set for reserve, settle, void and expire; ``resolution`` for the last three;
    ``moves`` (budget window key → signed amount that reached the account) for allot and recall.
    """

    account: str
    sequence: int
    """Counts the account's writes from 1 without a gap."""
    kind: EntryKind
    at: datetime
    reservation: Reservation | None = None
    resolution: Resolution | None = None
    moves: tuple[tuple[str, int], ...] = ()
