"""Mistakes behind the ledger: journal, totals, progress, alerts."""

from dataclasses import replace
from typing import Any

import pytest

from cost_sentry.adapters import (
    dynamodb_journal,
    dynamodb_journal_items,
    dynamodb_journal_writes,
    journal_progress,
    ledger_forgetting,
)
from cost_sentry.adapters.dynamodb_journal import DynamoDbJournal
from cost_sentry.adapters.dynamodb_journal_writes import actions
from cost_sentry.application import project_entries, send_alerts
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.shard import account_and_shard
from tests.simulation import workloads
from tests.simulation.audit import broken
from tests.simulation.planted import workloads as planted
from tests.simulation.planted.bug import CALM, Bugs, without

bugs = Bugs()
REDELIVERED = {"duplicate": 0.5, "killed": 0.05, "refused": 0.3}


@bugs.caught_by(broken.TOTALS_EQUAL, workloads.spend, REDELIVERED)
def counted_at_every_delivery(patch: pytest.MonkeyPatch) -> None:
    """An entry that comes again is added to the totals again."""
    put = dynamodb_journal_writes.put_entry
    patch.setattr(
        dynamodb_journal_writes,
        "put_entry",
        lambda entry: {"Put": without(put(entry)["Put"], "attribute_not_exists(pk)")},
    )


@bugs.caught_by(broken.JOURNAL_COMPLETE, workloads.spend, REDELIVERED)
def a_conflict_drops_entries(patch: pytest.MonkeyPatch) -> None:
    """Entries whose transaction met another writer are taken for written before."""

    def _write(self: DynamoDbJournal, part: list[Any]) -> list[Any]:
        return part if self._calls.transact(actions(part)) is None else []

    patch.setattr(DynamoDbJournal, "_write", _write)


@bugs.caught_by(broken.JOURNAL_COMPLETE, workloads.spend, REDELIVERED)
def failed_records_do_not_come_again(patch: pytest.MonkeyPatch) -> None:
    """The stream is told that every record of a batch is done."""
    patch.setattr(project_entries._Run, "failed_ids", lambda _self: ())


@bugs.caught_by(broken.REPLAYED, workloads.spend, CALM)
def allotments_lose_their_amounts(patch: pytest.MonkeyPatch) -> None:
    """The journal keeps that money moved, and not how much."""
    text = dynamodb_journal_items.entry_to_json
    patch.setattr(
        dynamodb_journal_items, "entry_to_json", lambda entry: text(replace(entry, moves=()))
    )


@bugs.caught_by(broken.NO_GAP, planted.full_shards, CALM)
def shards_share_their_progress(patch: pytest.MonkeyPatch) -> None:
    """How far the journal has come is noted by account, for all of its shards."""
    key = journal_progress.progress_key
    for module in (dynamodb_journal, ledger_forgetting):
        patch.setattr(module, "progress_key", lambda place: key(account_and_shard(place)[0]))


@bugs.caught_by(broken.ALERTS_OUT, workloads.spend, {"refused": 0.2, "lost_response": 0.1})
def a_crossing_is_noticed_once_or_never(patch: pytest.MonkeyPatch) -> None:
    """A crossed threshold that cannot be recorded at once is let go."""
    record = project_entries.record_alerts

    def once(*given: Any, **named: Any) -> Any:
        try:
            return record(*given, **named)
        except LedgerUnavailable:
            return ()

    patch.setattr(project_entries, "record_alerts", once)


@bugs.caught_by(broken.ALERTS_OUT, workloads.last_cent, {"lost_mail": 0.5})
def marked_before_it_is_sent(patch: pytest.MonkeyPatch) -> None:
    """An alert counts as sent before it is."""

    def _send(alert: Any, outbox: Any, alerts: Any, now: Any) -> Any:
        outbox.mark_sent(alert.key, now)
        try:
            alerts.publish(alert)
        except send_alerts.AlertNotPublished as error:
            return send_alerts.SendOutcome(failed=1, problems=(str(error),))
        return send_alerts.SendOutcome(sent=1)

    patch.setattr(send_alerts, "_send", _send)
