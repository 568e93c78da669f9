"""One change of the ledger. Entries are never changed; replaying them gives the balances."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cost_sentry.domain.reservation import Reservation, Resolution
from cost_sentry.domain.shard import ROOT, place_of


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
    """The true cost of a call that had expired became known; or an operator changed a limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """What one version of one account item says happened.

    ``reservation`` is set for reserve, settle, void, expire and an adjusted call; ``resolution``
    for the last four; ``moves`` (budget window key → signed amount that reached the account) for
    allot and recall.
    """

    account: str
    sequence: int
    """Counts the shard's writes from 1 without a gap."""
    kind: EntryKind
    at: datetime
    reservation: Reservation | None = None
    resolution: Resolution | None = None
    moves: tuple[tuple[str, int], ...] = ()
    shard: str = ROOT

    @property
    def place(self) -> str:
        """The shard whose item carried it."""
        return place_of(self.account, self.shard)
