"""Where a budget's money lies, and how it moves between the budget and the accounts' shards.

A budget window keeps ``unallotted`` money; each place (a shard of an account) keeps a ``free``
allotment taken out of it, which it may spend without asking. What nobody may spend lies
``impounded``: it covers debts of places whose calls are still running while a limit was lowered
below what is spent.

With more places than one transaction can hold the window is **crowded**: pools stand between it
and the places that come later. A pool's money counts as a place's, so that all places that are
looked at together stay below a hundred; what lies in shards behind the pools is bounded instead.

The law behind every move: the places with money never hold more than what is left in all,
so whoever spends from one of them cannot overspend the budget (P1).
"""

from collections.abc import Mapping
from dataclasses import dataclass

CALLS_PER_REFILL = 32
"""A refill is worth this many calls, so that 31 of 32 need one write only.

What a place does not use of it is gathered before anybody is refused."""
SHARE_PER_REFILL = 16
"""No refill above what is needed takes more than a sixteenth of what was seen unallotted."""
DIRECT_PLACES_MAX = 48
"""Places that a window serves itself; with the pools they fit into one transaction."""
POOLS = 48
"""Of a crowded window. Each serves its share of the shards, so that none of them is hot."""
STRANDED_SHARE = 110
"""Shards behind pools hold together at most one part in this many of a limit when they are idle."""
NEARLY_SPENT_SHARE = 2_200
"""A crowded window that has no more than one part in this many of its limit left, besides what lies
in shards behind its pools, is as good as spent: both together stay below one per cent."""
NEARLY_SPENT_CALLS_MIN = 32
"""How many calls that part must pay for. Of a smaller budget every call's worth is found."""
OUT_OF_REACH_PERCENT_MAX = 1
"""What a refusal by a crowded window may miss of the limit, both together, rounded up."""
POOL_SHARE = 4 * POOLS
"""No pool takes more at once than one part in this many of what is unallotted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One place's part of one budget window."""

    free: int
    """Negative is debt: money that calls are expected to give back."""
    pending: int = 0
    assumed: int = 0
    """Charged to expired calls, whose true cost may still give it back."""
    is_pool: bool = False
    """Calls that are not seen may give back any amount to it."""
    is_behind_pool: bool = False
    """Looked at this once, because it owes: no debt stays where the next look does not see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """All places of one budget window that can be seen at one instant."""

    limit: int
    unallotted: int
    impounded: int
    places: Mapping[str, Part]
    crowded: bool = False
    """More lies in shards behind the pools, but no more than ``STRANDED_SHARE`` allows."""

    @property
    def left(self) -> int:
        """What could still be reserved: limit - pending - posted (P3)."""
        return self.unallotted + self.impounded + sum(p.free for p in self.places.values())

    @property
    def pending(self) -> int:
        """Held by calls that have not ended."""
        return sum(p.pending for p in self.places.values())

    @property
    def in_debt(self) -> bool:
        """Whether some place owes, or debts are covered more than once."""
        return self.impounded > 0 or any(p.free < 0 for p in self.places.values())


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


def pool_refill_amount(needed: int, call: int, unallotted: int) -> int:
    """How much a pool takes at once: as much as an account, and of a full window a small part.

    Else the window, which all pools share, would be hot as soon as it has little.
    """
    return max(refill_amount(needed, call, unallotted), unallotted // POOL_SHARE)


def shard_free_max(limit: int, shards: int) -> int:
    """What one of this many shards behind pools may keep while it is idle."""
    return max(0, limit) // (STRANDED_SHARE * max(1, shards))


def nearly_spent(limit: int, call: int) -> int:
    """What a crowded window may refuse calls of this size with; nothing if its limit is too small.

    Many callers share that last money, and it moves whenever one of them ends or begins. To find a
    call's worth of it takes more writes than it is worth, and everybody waits for them.
    """
    little = limit // NEARLY_SPENT_SHARE
    return little if little >= call * NEARLY_SPENT_CALLS_MIN else 0


def shard_free_target(free_max: int) -> int:
    """What a refill fills such a shard up to, and giving back leaves: room both ways.

    Filled to the brim it would give back after the next settlement, in a transaction.
    """
    return free_max * 3 // 4


def gathered(spread: Spread, limit: int) -> Placement:
    """All money back to the budget, under a limit that may have changed.

    With something left, every place is empty and the budget holds it all. With less than nothing
    left, the debt is laid on each place whose running or expired calls may still give money back,
    up to that money, so that nothing can be spent before the whole debt is paid. On each pool it
    is laid whole, because what runs behind it is not seen; a place there is relieved of its own.
    """
    left = spread.left + limit - spread.limit
    if left >= 0:
        free = dict.fromkeys(spread.places, 0)
        return Placement(limit=limit, unallotted=left, impounded=0, free=free)
    debt = -left
    free = {name: -min(debt, _expected(part, debt)) for name, part in spread.places.items()}
    covered = -sum(free.values())
    return Placement(
        limit=limit,
        unallotted=min(0, covered - debt),
        impounded=max(0, covered - debt),
        free=free,
    )


def _expected(part: Part, debt: int) -> int:
    """What a place may still be given back, of which a debt can be paid."""
    if part.is_behind_pool:
        return 0
    return debt if part.is_pool else part.pending + part.assumed
