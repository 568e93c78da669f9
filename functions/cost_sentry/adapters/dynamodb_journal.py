"""The journal on DynamoDB: each entry once, and at once with what it adds to the totals."""

from collections.abc import Callable, Sequence
from typing import Any

from cost_sentry.adapters.decision_record import recorded_decision_of
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.dynamodb_journal_items import (
    entry_item,
    entry_of,
    other_entry_of,
    spend_line_of,
    spend_prefix,
    totals_key,
    totals_of,
)
from cost_sentry.adapters.dynamodb_journal_writes import (
    actions,
    adds_up,
    distinct,
    meter_changes,
    parts,
)
from cost_sentry.adapters.journal_progress import number_set, progress_key, progress_of
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.ledger_items import number
from cost_sentry.adapters.meter_writes import MeterWrites
from cost_sentry.application.decision_log_ports import RecordedDecision
from cost_sentry.application.journal_progress import Progress
from cost_sentry.domain.errors import LedgerContention, LedgerThrottled
from cost_sentry.domain.ledger_entry import EntryKind, LedgerEntry
from cost_sentry.domain.spend import SpendBreakdown, WindowTotals

ATTEMPTS_MAX = 30
"""Conflicts with other writers before giving up with ``LedgerContention``."""
READ_MAX = 100
"""Items that DynamoDB reads for one question."""

_MISSING = {"#missing": "missing"}  # a reserved word of DynamoDB's


class DynamoDbJournal:
    """``application.journal_ports.Journal``, and what ``explain`` reads.

    Args:
        calls: the journal's calls to the table.
        items: single items of the same table.
        pause: waits a little after the n-th meeting with another writer.
    """

    def __init__(
        self, calls: JournalCalls, items: LedgerCalls, pause: Callable[[int], None]
    ) -> None:
        self._calls = calls
        self._items = items
        self._pause = pause
        self._meters = MeterWrites(calls, items, pause)

    def write(self, entries: Sequence[LedgerEntry]) -> Sequence[LedgerEntry]:
        """See the port. What adds nothing up is spared a transaction's double price.

        What calls that begin may use is counted before, so that no meter is ever too low.
        """
        each = distinct(entries)
        self._meters.count_begun(each)
        posting = [entry for entry in each if adds_up(entry)]
        plain = [entry for entry in each if not adds_up(entry)]
        self._meters.mark(meter_changes(posting))
        new = [entry for entry in plain if self._calls.put_new(entry_item(entry))]
        new += [written for part in parts(posting) for written in self._write(part)]
        return sorted(new, key=each.index)

    def _write(self, part: list[LedgerEntry]) -> list[LedgerEntry]:
        """Write a part; entries that prove to be there are left out and the rest tried again."""
        for attempt in range(ATTEMPTS_MAX):
            cancelled = None
            while part:
                cancelled = self._calls.transact(actions(part))
                if cancelled is None:
                    return part
                part = [e for i, e in enumerate(part) if i not in cancelled.there]
                if cancelled.conflict:
                    break
            if cancelled is None or not part:
                return []
            self._pause(attempt)
        raise LedgerContention(f"account {part[0].account!r}: too many writers of its totals")

    def progress(self, place: str) -> Progress:
        """See the port."""
        return progress_of(self._items.get(progress_key(place)))

    def advance(self, place: str, before: Progress, after: Progress) -> None:
        """See the port. If another run has come further, its word stands."""
        if after.projected > before.projected:
            self._move_mark(place, after.projected, after.missing - before.missing)
        arrived = before.missing - after.missing
        if arrived:
            self._items.update(
                {
                    "Key": progress_key(place),
                    "UpdateExpression": "DELETE #missing :arrived",
                    "ExpressionAttributeNames": _MISSING,
                    "ExpressionAttributeValues": {":arrived": number_set(arrived)},
                }
            )

    def _move_mark(self, place: str, projected: int, missing: frozenset[int]) -> None:
        update: dict[str, Any] = {
            "Key": progress_key(place),
            "UpdateExpression": "SET projected = :projected",
            "ConditionExpression": "attribute_not_exists(projected) OR projected < :projected",
            "ExpressionAttributeValues": {":projected": number(projected)},
        }
        if missing:
            update["UpdateExpression"] += " ADD #missing :missing"
            update["ExpressionAttributeNames"] = _MISSING
            update["ExpressionAttributeValues"][":missing"] = number_set(missing)
        self._items.update(update)

    def totals(self, budget_id: str, window_id: str) -> WindowTotals | None:
        """See the port."""
        item = self._items.get(totals_key(budget_id, window_id))
        return None if item is None else totals_of(item, budget_id, window_id)

    def totals_together(self, windows: Sequence[tuple[str, str]]) -> Sequence[WindowTotals | None]:
        """Of each window; one question for a hundred of them, and no transaction."""
        if len(windows) == 1:
            return [self.totals(*windows[0])]
        found: list[WindowTotals | None] = []
        for start in range(0, len(windows), READ_MAX):
            part = windows[start : start + READ_MAX]
            items = self._items.get_many([totals_key(*window) for window in part])
            if items is None:
                raise LedgerThrottled("the journal left out some of the totals it was asked for")
            pairs = zip(items, part, strict=True)
            found += [None if item is None else totals_of(item, *name) for item, name in pairs]
        return found

    def spend(self, budget_id: str, window_id: str) -> SpendBreakdown:
        """See the port."""
        items = self._calls.query(f"BUDGET#{budget_id}", spend_prefix(window_id))
        return SpendBreakdown(lines=tuple(spend_line_of(item) for item in items))

    def entries(self, request_id: str) -> Sequence[LedgerEntry]:
        """See the port."""
        items = self._calls.query(f"REQUEST#{request_id}")
        found = [entry for entry in map(entry_of, items) if entry is not None]
        # A cost that was true all along may have been known before the call was charged in full.
        return sorted(
            found, key=lambda e: (e.kind is EntryKind.ADJUST, e.at, e.account, e.sequence)
        )

    def other_entries(self, place: str) -> Sequence[LedgerEntry]:
        """Entries of a shard that belong to no request: its allotments, in order."""
        return [other_entry_of(item) for item in self._calls.query(f"ENTRIES#{place}")]

    def decisions(self, request_id: str) -> Sequence[RecordedDecision]:
        """Refusals and reroutes of this request id, in order of time."""
        items = self._calls.query(f"REQUEST#{request_id}")
        found = [recorded for recorded in map(recorded_decision_of, items) if recorded is not None]
        return sorted(found, key=lambda recorded: recorded.at)
