"""Where a budget's money lies, and how it moves between the budget and the accounts.

A budget window keeps ``unallotted`` money; each account keeps a ``free`` allotment taken out of it,
which it may spend without asking. What nobody may spend lies ``impounded``: it covers debts of
accounts whose calls are still running while a limit was lowered below what is spent.

The law behind every move: the places with money never hold more than what is left in all,
so whoever spends from one of them cannot overspend the budget (P1).
"""

from collections.abc import Mapping
from dataclasses import dataclass

CALLS_PER_REFILL = 8
"""A refill is worth this many calls, so that seven of eight calls need one write only."""
SHARE_PER_REFILL = 16
"""No refill above what is needed takes more than a sixteenth of what is unallotted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPart:
    """One account's part of one budget window."""

    free: int
    """Negative is debt: money that running calls are expected to give back."""
    pending: int
    posted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """All places of one budget window, seen at one instant."""

    limit: int
    unallotted: int
    impounded: int
    retired: int
    """Posted by accounts that no longer carry this window."""
    accounts: Mapping[str, AccountPart]

    @property
    def left(self) -> int:
        """What could still be reserved: limit - pending - posted (P3)."""
        return self.unallotted + self.impounded + sum(a.free for a in self.accounts.values())

    @property
    def pending(self) -> int:
        """Held by calls that have not ended."""
        return sum(a.pending for a in self.accounts.values())

    @property
    def posted(self) -> int:
        """Charged for good."""
        return self.retired + sum(a.posted for a in self.accounts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where the money of one budget window should lie after a move."""

    limit: int
    unallotted: int
    impounded: int
    free: Mapping[str, int]


def refill_amount(needed: int, call: int, unallotted: int) -> int:
    """How much an account takes at once: several calls' worth, exactly what is needed at the end.

    Args:
        needed: what the account lacks for this call; at most what is taken.
        call: what the whole call holds; a refill is measured by it.
        unallotted: what there is; never more is taken.
    """
    comfortable = min(call * CALLS_PER_REFILL, unallotted // SHARE_PER_REFILL)
    return min(max(needed, comfortable), unallotted)


def gathered(spread: Spread, limit: int) -> Placement:
    """All money back to the budget, under a limit that may have changed.

    With something left, every account is empty and the budget holds it all. With less than nothing
    left, the debt is laid on each account whose running calls may still give money back, up to
    that money, so that nothing can be spent before the whole debt is paid.
    """
    left = spread.left + limit - spread.limit
    if left >= 0:
        free = dict.fromkeys(spread.accounts, 0)
        return Placement(limit=limit, unallotted=left, impounded=0, free=free)
    debt = -left
    free = {name: -min(debt, part.pending) for name, part in spread.accounts.items()}
    covered = -sum(free.values())
    return Placement(
        limit=limit,
        unallotted=min(0, covered - debt),
        impounded=max(0, covered - debt),
        free=free,
    )
