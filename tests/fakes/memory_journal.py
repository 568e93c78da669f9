"""Journal, outbox and decision log in dictionaries: a second writing of the same promises."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from cost_sentry.application.answer_ports import DaySavings
from cost_sentry.application.decision_log_ports import EntryNotWritable, RecordedDecision
from cost_sentry.application.journal_progress import Progress
from cost_sentry.domain.alert import AlertKey
from cost_sentry.domain.decision import Decision
from cost_sentry.domain.emergency import is_slot
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.ledger_entry import EntryKind, LedgerEntry
from cost_sentry.domain.spend import SpendBreakdown, SpendLine, WindowTotals, postings_of
from tests.fakes.memory_meters import MemoryMeters


class MemoryJournal:
    """``Journal``, ``RejectionLog``, ``RecordedDecisions`` and ``Savings``.

    ``fails_after`` lets that many entries in and then answers ``LedgerUnavailable``; ``poison``
    are sequences that can never be written.
    """

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], LedgerEntry] = {}
        self.meters = MemoryMeters()
        self.recorded: list[RecordedDecision] = []
        self._hits: dict[tuple[str, str], tuple[date, int]] = {}
        self.fails_after: int | None = None
        self.poison: set[int] = set()
        self._progress: dict[str, Progress] = {}
        self._totals: dict[tuple[str, str], WindowTotals] = {}
        self._lines: Counter[tuple[str, str, str, str, str]] = Counter()
        self._calls: Counter[tuple[str, str, str, str, str]] = Counter()

    def write(self, entries: Sequence[LedgerEntry]) -> Sequence[LedgerEntry]:
        new = []
        for entry in entries:
            if self.fails_after is not None and self.fails_after <= 0:
                raise LedgerUnavailable("the journal did not answer")
            if entry.sequence in self.poison:
                raise EntryNotWritable(f"entry {entry.sequence} of {entry.account} is too large")
            self.meters.begin(entry)
            if self._name(entry) not in self.kept:
                self._keep(entry)
                new.append(entry)
            if self.fails_after is not None:
                self.fails_after -= 1
        return new

    def _keep(self, entry: LedgerEntry) -> None:
        self.kept[self._name(entry)] = entry
        self.meters.end(entry)
        for p in postings_of(entry):
            window = (p.budget_id, p.window_id)
            old = self._totals.get(window) or WindowTotals(
                budget_id=p.budget_id,
                window_id=p.window_id,
                unit=p.unit,
                posted=0,
                overrun=0,
                estimated=0,
                calls=0,
                first_posted_at=p.at,
            )
            self._totals[window] = replace(
                old,
                posted=old.posted + p.amount,
                overrun=old.overrun + p.overrun,
                estimated=old.estimated + p.estimated,
                calls=old.calls + p.calls,
            )
            line = (*window, p.team, p.application, p.model_id)
            self._lines[line] += p.amount
            self._calls[line] += p.calls

    @staticmethod
    def _name(entry: LedgerEntry) -> tuple[str, str]:
        if entry.reservation is None:
            return entry.place, f"{entry.sequence}"
        names = {EntryKind.RESERVE: "RESERVED", EntryKind.ADJUST: "ADJUSTED"}
        ended = names.get(entry.kind, "RESOLVED")
        return entry.reservation.request_id, f"{entry.account}#{ended}"

    def progress(self, place: str) -> Progress:
        return self._progress.get(place, Progress())

    def advance(self, place: str, before: Progress, after: Progress) -> None:
        now = self.progress(place)
        missing = (now.missing | (after.missing - before.missing)) - (
            before.missing - after.missing
        )
        if after.projected < now.projected:
            missing = now.missing - (before.missing - after.missing)
        projected = max(now.projected, after.projected)
        self._progress[place] = Progress(projected=projected, missing=missing)

    def totals(self, budget_id: str, window_id: str) -> WindowTotals | None:
        return self._totals.get((budget_id, window_id))

    def note_alerted(self, key: AlertKey) -> None:
        window = (key.budget_id, key.window_id)
        if window in self._totals:
            told = self._totals[window].alerted_percent | {key.threshold_percent}
            self._totals[window] = replace(self._totals[window], alerted_percent=told)

    def spend(self, budget_id: str, window_id: str) -> SpendBreakdown:
        return SpendBreakdown(
            lines=tuple(
                SpendLine(
                    team=name[2],
                    application=name[3],
                    model_id=name[4],
                    posted=posted,
                    calls=self._calls[name],
                )
                for name, posted in self._lines.items()
                if name[:2] == (budget_id, window_id)
            )
        )

    def entries(self, request_id: str) -> Sequence[LedgerEntry]:
        found = [
            e
            for e in self.kept.values()
            if e.reservation and e.reservation.request_id == request_id
        ]
        return sorted(
            found, key=lambda e: (e.kind is EntryKind.ADJUST, e.at, e.account, e.sequence)
        )

    def other_entries(self, place: str) -> Sequence[LedgerEntry]:
        mine = [e for e in self.kept.values() if e.place == place and e.reservation is None]
        return sorted(mine, key=lambda e: e.sequence)

    def record(
        self, decision: Decision, at: datetime, request: InvocationRequest | None = None
    ) -> None:
        tags = decision.tags
        account = f"{tags.get('team', '-')}/{tags.get('application', '-')}"
        if decision.reservation:
            account = decision.reservation.account
        kept = replace(decision, reservation=None, price=None, path=None)
        slot = decision.reservation
        slot_id = slot.request_id if slot and is_slot(slot) else None
        asked = request and request.without_text()
        noted = RecordedDecision(
            decision=kept, account=account, at=at, slot_id=slot_id, request=asked
        )
        if noted not in self.recorded:
            self.recorded.append(noted)

    def record_hit(
        self, decision: Decision, at: datetime, request: InvocationRequest | None = None
    ) -> bool:
        if decision.cached is None:
            raise ValueError("not answered from a cache")
        account = f"{decision.tags['team']}/{decision.tags['application']}"
        if (account, decision.request_id) in self._hits:
            return False
        self.record(replace(decision, answer=None), at, request)
        self._hits[account, decision.request_id] = at.date(), decision.cached.avoided_picodollars
        return True

    def days(self, account: str, first: date, last: date) -> Sequence[DaySavings]:
        found: dict[date, list[int]] = {}
        for (whose, _), (day, avoided) in self._hits.items():
            if whose == account and first <= day <= last:
                found.setdefault(day, []).append(avoided)
        return [
            DaySavings(day=day, hits=len(each), avoided_picodollars=sum(each))
            for day, each in sorted(found.items())
        ]

    def decisions(self, request_id: str) -> Sequence[RecordedDecision]:
        found = [r for r in self.recorded if r.decision.request_id == request_id]
        return sorted(found, key=lambda r: r.at)
