"""What is written to the meters outside of the journal's transactions."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.ledger_calls import LedgerCalls, Written
from cost_sentry.adapters.meter_items import add_to_meter, hour_pk, mark_item
from cost_sentry.domain.errors import LedgerContention
from cost_sentry.domain.ledger_entry import LedgerEntry
from cost_sentry.domain.meter import MeterChange, Scope, added, changes_before

ATTEMPTS_MAX = 30
"""Conflicts with the journal's transactions before giving up with ``LedgerContention``."""
MARKS_KNOWN_MAX = 10_000


class MeterWrites:
    """Knows which scopes it has marked, so that each costs one write an hour and environment.

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
        self._marked: set[tuple[str, Scope]] = set()

    def count_begun(self, entries: Sequence[LedgerEntry]) -> None:
        """What calls that began may use; entries that come again are counted again."""
        changes = added(change for entry in entries for change in changes_before(entry))
        self.mark(changes)
        for change in changes:
            self._add(change)

    def _add(self, change: MeterChange) -> None:
        for attempt in range(ATTEMPTS_MAX):
            if isinstance(self._items.update(add_to_meter(change)), Written):
                return
            self._pause(attempt)
        kind, name = change.scope
        raise LedgerContention(f"the meter of {kind} {name!r} has too many writers at once")

    def mark(self, changes: Iterable[MeterChange]) -> None:
        """Say who has meters in which hour, before they have them."""
        for change in changes:
            if change.minute is not None:
                self._mark(change.scope, change.minute)

    def _mark(self, scope: Scope, minute: datetime) -> None:
        name = hour_pk(minute), scope
        if name in self._marked:
            return
        self._calls.put_new(mark_item(scope, minute))
        if len(self._marked) >= MARKS_KNOWN_MAX:
            self._marked.clear()
        self._marked.add(name)
