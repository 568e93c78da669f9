"""Which actions an entry needs, and how many entries fit into one transaction. Pure.

An entry and what it adds to the totals and the meters stand in the same transaction, so they count
together or not at all. Entries that arrive together share it, with one action per totals item: a
hot budget's item is then written once per transaction and not once per call, and so is a meter.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cost_sentry.adapters.dynamodb_journal_items import (
    Action,
    add_to_spend,
    add_to_totals,
    entry_key,
    put_entry,
    spend_key,
    totals_key,
)
from cost_sentry.adapters.ledger_calls import TRANSACTION_ITEMS_MAX
from cost_sentry.adapters.meter_items import add_to_meter, meter_key
from cost_sentry.application.decision_log_ports import EntryNotWritable
from cost_sentry.domain.ledger_entry import LedgerEntry
from cost_sentry.domain.meter import MeterChange, added, changes_with
from cost_sentry.domain.spend import Posting, postings_of

Name = tuple[str, str]


def distinct(entries: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    """Each entry once, in order; one transaction cannot name an item twice."""
    return list({_name(entry_key(entry)): entry for entry in reversed(entries)}.values())[::-1]


def adds_up(entry: LedgerEntry) -> bool:
    """Whether the entry adds anything that must count with it, not before and not later."""
    return bool(postings_of(entry) or changes_with(entry))


def meter_changes(part: Sequence[LedgerEntry]) -> tuple[MeterChange, ...]:
    """What these entries add to meters, one change for each."""
    return added(change for entry in part for change in changes_with(entry))


def parts(entries: Sequence[LedgerEntry]) -> Iterator[list[LedgerEntry]]:
    """The entries in order, in parts whose actions fit into one transaction.

    ``EntryNotWritable`` if a single entry has more budgets than a transaction has room for.
    """
    part: list[LedgerEntry] = []
    items: set[Name] = set()
    for entry in entries:
        needed = _items(entry)
        if len(needed) > TRANSACTION_ITEMS_MAX:
            raise EntryNotWritable(
                f"entry {entry.sequence} of account {entry.account!r} changes {len(needed)} items; "
                f"a transaction has room for {TRANSACTION_ITEMS_MAX}"
            )
        if len(items | needed) > TRANSACTION_ITEMS_MAX:
            yield part
            part, items = [], set()
        part.append(entry)
        items |= needed
    if part:
        yield part


def actions(part: Sequence[LedgerEntry]) -> list[Action]:
    """The entries' own writes first, in order, then what they add."""
    postings = [posting for entry in part for posting in postings_of(entry)]
    totals: dict[Name, list[Posting]] = {}
    lines: dict[Name, list[Posting]] = {}
    for posting in postings:
        window = totals_key(posting.budget_id, posting.window_id)
        totals.setdefault(_name(window), []).append(posting)
        lines.setdefault(_name(spend_key(posting)), []).append(posting)
    return [
        *(put_entry(entry) for entry in part),
        *(add_to_totals(of_window) for of_window in totals.values()),
        *(add_to_spend(of_line) for of_line in lines.values()),
        *({"Update": add_to_meter(change)} for change in meter_changes(part)),
    ]


def _items(entry: LedgerEntry) -> set[Name]:
    keys = [entry_key(entry)]
    for posting in postings_of(entry):
        keys += [totals_key(posting.budget_id, posting.window_id), spend_key(posting)]
    keys += [meter_key(change.scope, change.minute) for change in changes_with(entry)]
    return {_name(k) for k in keys}


def _name(item_key: Mapping[str, Any]) -> Name:
    return item_key["pk"]["S"], item_key["sk"]["S"]
