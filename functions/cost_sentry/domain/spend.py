"""Who spent a budget window, and on which model. Made from entries, never from counters (P3)."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cost_sentry.domain.budget import Unit
from cost_sentry.domain.ledger_entry import EntryKind, LedgerEntry
from cost_sentry.domain.reservation import (
    Hold,
    Reservation,
    ReservationState,
    Resolution,
    charged_in_full,
)

UNNAMED = "-"
"""Stands for a tag that the caller left out, as in ``InvocationRequest.account``."""
RESOLVING_KINDS = frozenset({EntryKind.SETTLE, EntryKind.VOID, EntryKind.EXPIRE, EntryKind.ADJUST})


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """What one resolved reservation charges to one budget window, in the ledger's unit."""

    budget_id: str
    window_id: str
    unit: Unit
    team: str
    application: str
    model_id: str
    """The model that was called, which is not always the one that was asked for."""
    amount: int
    overrun: int
    """The part of ``amount`` above what was held."""
    estimated: int
    """The part of ``amount`` that was charged because nobody knows the true cost (P6)."""
    at: datetime
    calls: int = 1
    """More only of external usage; 0 where a call that was counted before is only charged anew."""


def postings_of(entry: LedgerEntry) -> tuple[Posting, ...]:
    """What this entry adds to the totals: nothing unless it settles or expires a reservation.

    An adjusted one was charged in full when it expired; the true cost takes the place of that.
    Calls in flight are not spent; there are no totals of them.
    """
    held, ended = entry.reservation, entry.resolution
    if entry.kind not in RESOLVING_KINDS or held is None or ended is None:
        return ()
    if ended.state is ReservationState.VOIDED and entry.kind is not EntryKind.ADJUST:
        return ()
    spent = (hold for hold in held.holds if hold.unit.is_spent)
    return tuple(_posting(entry, held, ended, hold) for hold in spent)


def _posting(entry: LedgerEntry, held: Reservation, ended: Resolution, hold: Hold) -> Posting:
    amount = ended.posting(hold)
    before = charged_in_full(held, entry.at) if entry.kind is EntryKind.ADJUST else None
    charged = 0 if before is None else before.posting(hold)
    return Posting(
        budget_id=hold.budget_id,
        window_id=hold.window_id,
        unit=hold.unit,
        team=held.tags.get("team", UNNAMED),
        application=held.tags.get("application", UNNAMED),
        model_id=held.model_used,
        amount=amount - charged,
        overrun=ended.overrun(hold),
        estimated=(amount if ended.estimated else 0) - charged,
        at=ended.resolved_at,
        calls=0 if entry.kind is EntryKind.ADJUST else held.calls,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowTotals:
    """Everything posted to one budget window. What is pending is not counted."""

    budget_id: str
    window_id: str
    unit: Unit
    posted: int
    overrun: int
    estimated: int
    calls: int
    first_posted_at: datetime
    """Of the posting that was projected first; the start of a window of kind ``none``."""
    alerted_percent: frozenset[int] = frozenset()
    """Thresholds whose alert is on record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendLine:
    """What one application of one team posted on one model."""

    team: str
    application: str
    model_id: str
    posted: int
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendBreakdown:
    """A window's postings by who and on what; the lines sum to the window's total."""

    lines: tuple[SpendLine, ...] = ()

    @property
    def posted(self) -> int:
        """The sum of all lines."""
        return sum(line.posted for line in self.lines)

    def by_team(self) -> tuple[tuple[str, int], ...]:
        """Teams and what they posted, the largest first."""
        return self._ranked(lambda line: line.team)

    def by_application(self) -> tuple[tuple[str, int], ...]:
        """``team/application`` and what it posted, the largest first."""
        return self._ranked(lambda line: f"{line.team}/{line.application}")

    def by_model(self) -> tuple[tuple[str, int], ...]:
        """Models and what was posted on them, the largest first."""
        return self._ranked(lambda line: line.model_id)

    def _ranked(self, name: Callable[[SpendLine], str]) -> tuple[tuple[str, int], ...]:
        sums: Counter[str] = Counter()
        for line in self.lines:
            sums[name(line)] += line.posted
        return tuple(sorted(sums.items(), key=lambda pair: (-pair[1], pair[0])))


def top(ranked: Sequence[tuple[str, int]], count_max: int) -> tuple[tuple[str, int], ...]:
    """The first ``count_max``, then the sum of everybody else as ``n others``."""
    if len(ranked) <= count_max:
        return tuple(ranked)
    rest = ranked[count_max:]
    noun = "other" if len(rest) == 1 else "others"
    return (*ranked[:count_max], (f"{len(rest)} {noun}", sum(amount for _, amount in rest)))
