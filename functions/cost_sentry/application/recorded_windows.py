"""What budget windows had posted when a recorded day began: their totals, less what came since."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from cost_sentry.application.decision_log_ports import RecordedDecision
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.ledger_entry import LedgerEntry
from cost_sentry.domain.spend import WindowTotals, postings_of

_Window = tuple[str, str]
"""Budget and window id."""


class Totals(Protocol):
    """The part of ``Journal`` that knows what windows have posted."""

    def totals(self, budget_id: str, window_id: str) -> WindowTotals | None:
        """``None`` before the first posting."""
        ...


@dataclass(slots=True, kw_only=True)
class PostedBefore:
    """Windows that were open at ``start`` already; their later postings are taken back one by one.

    The totals were read at ``read_at``; what is posted while records are read is in neither.
    """

    start: datetime
    read_at: datetime
    _totals: Mapping[_Window, int]
    _since: Counter[_Window] = field(default_factory=Counter)

    @classmethod
    def read(
        cls, budgets: Iterable[Budget], totals: Totals, *, start: datetime, now: datetime
    ) -> "PostedBefore":
        """The totals as they are now, of every window that had begun before ``start``."""
        found = {}
        for budget in budgets:
            window = budget.window_at(start)
            began_before = window.start is None or window.start < start
            if budget.unit.is_spent and began_before and (budget.id, window.id) not in found:
                posted = totals.totals(budget.id, window.id)
                found[budget.id, window.id] = _posted(posted, budget)
        return cls(start=start, read_at=now, _totals=found)

    def add(self, record: LedgerEntry | RecordedDecision) -> None:
        """Take back what this record posted, if that was from ``start`` on."""
        if isinstance(record, RecordedDecision):
            return
        for posting in postings_of(record):
            window = posting.budget_id, posting.window_id
            if window in self._totals and self.start <= posting.at < self.read_at:
                self._since[window] += posting.amount

    def amounts(self) -> Mapping[str, int]:
        """By ``budget@window``, in the ledger's units, once all records were added; never below 0.

        Totals follow the ledger a second behind, so those of a window in use may lack something.
        """
        return {
            f"{budget_id}@{window_id}": max(0, posted - self._since[budget_id, window_id])
            for (budget_id, window_id), posted in self._totals.items()
        }


def _posted(totals: WindowTotals | None, budget: Budget) -> int:
    return totals.posted if totals is not None and totals.unit is budget.unit else 0
