"""Count calls that ended, as their entries come into the journal: each once, and off the hot path.

Who asks for a model waits for none of it. What is lost here is not counted; a circuit then opens a
little later, and a retry less is earned.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cost_sentry.application.circuit_ports import RetryBank
from cost_sentry.application.journal_ports import Journal
from cost_sentry.application.journal_progress import Progress
from cost_sentry.application.ports import ConfigSource
from cost_sentry.application.watch_models import CallEnd, ModelWatch, call_end
from cost_sentry.domain.errors import ConfigurationError, LedgerUnavailable
from cost_sentry.domain.ledger_entry import EntryKind, LedgerEntry
from cost_sentry.domain.model_failure import is_unwell
from cost_sentry.domain.retry import FIRST, earned, request_and_attempt
from cost_sentry.domain.spend import SpendBreakdown, WindowTotals


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedJournal:
    """``journal_ports.Journal`` that counts the calls of entries that are new to it."""

    journal: Journal
    watch: ModelWatch
    bank: RetryBank
    config_source: ConfigSource

    def write(self, entries: Sequence[LedgerEntry]) -> Sequence[LedgerEntry]:
        """See the port."""
        new = self.journal.write(entries)
        ends = [end for entry in new if (end := _call_end(entry)) is not None]
        if ends:
            try:
                self._earn(ends)
                self.watch.saw(ends)
            except (LedgerUnavailable, ConfigurationError):
                pass  # Whoever delivers the entries again would find none of them new.
        return new

    def _earn(self, ends: Sequence[CallEnd]) -> None:
        """By first attempts only, so that retries earn no retries."""
        config = self.config_source.current()
        rules = config.retries if config else None
        if rules is None:
            return
        calls = sum(1 for end in ends if end.is_well is not None and _is_first(end))
        parts = earned(calls, rules.percent)
        if parts:
            self.bank.earn(parts)

    def progress(self, place: str) -> Progress:
        """See the port."""
        return self.journal.progress(place)

    def advance(self, place: str, before: Progress, after: Progress) -> None:
        """See the port."""
        self.journal.advance(place, before, after)

    def totals(self, budget_id: str, window_id: str) -> WindowTotals | None:
        """See the port."""
        return self.journal.totals(budget_id, window_id)

    def spend(self, budget_id: str, window_id: str) -> SpendBreakdown:
        """See the port."""
        return self.journal.spend(budget_id, window_id)

    def entries(self, request_id: str) -> Sequence[LedgerEntry]:
        """See the port."""
        return self.journal.entries(request_id)


def _call_end(entry: LedgerEntry) -> CallEnd | None:
    """What an entry says of a model; ``None`` if it says nothing, or nothing new."""
    held, ended = entry.reservation, entry.resolution
    if held is None or ended is None or held.is_wake:
        return None
    if entry.kind is EntryKind.SETTLE:
        return call_end(held, ended.resolved_at, is_well=True)
    if entry.kind is EntryKind.VOID:
        is_well = False if is_unwell(ended.reason) else None
        return call_end(held, ended.resolved_at, is_well=is_well)
    return None


def _is_first(end: CallEnd) -> bool:
    return request_and_attempt(end.prober)[1] == FIRST
