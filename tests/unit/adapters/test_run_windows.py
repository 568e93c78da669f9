"""Items of an agent run's windows get a time to go; those of days and months stay as they were."""

from datetime import timedelta

import pytest

from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_journal_items import spend_prefix, totals_key
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_items import window_key
from cost_sentry.adapters.ledger_moves import give_to_pool, join_pool, set_pool
from cost_sentry.adapters.run_windows import RUN_KEPT, is_of_run
from cost_sentry.domain.alert import Alert, AlertKey
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.ledger_entry import EntryKind, LedgerEntry
from cost_sentry.domain.window import WindowKind
from tests.fakes.builders import NOON, ManualClock, budget, hold, reservation, resolution
from tests.fakes.moto_journal import journal_on_moto, no_pause

RUN = "01a1fdc3-5780-7000-8000-000000000001"
DAILY = budget()
OF_RUN = budget("run", window=WindowKind.SESSION, session=RUN)
RUN_WINDOW = OF_RUN.window_at(NOON)
GONE_AT = int((RUN_WINDOW.end + RUN_KEPT).timestamp())


@pytest.fixture
def store(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as made:
        books = DynamoDbBooks(made.items, no_pause, ManualClock())
        for each in (DAILY, OF_RUN):
            books.define(each, each.window_at(NOON).id)
        yield made


def gone_at(item):
    return int(item["delete_after"]["N"]) if "delete_after" in item else None


def test_a_window_of_a_run_goes_a_month_after_its_end_and_that_of_a_day_stays(store):
    ledger = DynamoDbLedger(store.items, no_pause)
    ledger.reserve(reservation("r1", hold(100, DAILY), hold(100, OF_RUN)))

    items = [
        store.items.get(window_key(f"{each.id}@{each.window_at(NOON).id}"))
        for each in (DAILY, OF_RUN)
    ]
    assert [gone_at(item) for item in items] == [None, GONE_AT]
    assert timedelta(days=31) < RUN_KEPT


def test_so_does_an_alert_on_record(store):
    told = {"unit": Unit.USD, "limit": 9, "posted": 9, "recorded_at": NOON, "recipients": ()}
    for each, expected in ((DAILY, None), (OF_RUN, GONE_AT)):
        window = each.window_at(NOON).id
        totals = totals_key(each.id, window)
        store.items.update({"Key": totals, "UpdateExpression": "REMOVE nothing"})
        key = AlertKey(budget_id=each.id, window_id=window, threshold_percent=50)
        assert store.outbox.record(Alert(key=key, subject="s", body="b", **told))

        [alert] = store.items.query(f"BUDGET#{each.id}", start_sk="ALERT#", limit=1)
        assert gone_at(alert) == expected


def test_so_do_its_totals_and_who_spent_it(store):
    held = reservation("r1", hold(100, DAILY), hold(100, OF_RUN))
    of = {"account": held.account, "at": NOON, "reservation": held, "resolution": resolution(40)}
    store.journal.write([LedgerEntry(sequence=1, kind=EntryKind.SETTLE, **of)])

    for each, expected in ((DAILY, None), (OF_RUN, GONE_AT)):
        window = each.window_at(NOON).id
        totals = store.items.get(totals_key(each.id, window))
        [spend] = store.items.query(f"BUDGET#{each.id}", start_sk=spend_prefix(window), limit=1)
        assert (gone_at(totals), gone_at(spend)) == (expected, expected)


@pytest.mark.parametrize(
    "made", [give_to_pool, join_pool, lambda p, n, m: set_pool(p, f"pool:{n}", 0, m)]
)
def test_so_do_its_pools_whatever_makes_them(store, made):
    for each, expected in ((DAILY, None), (OF_RUN, GONE_AT)):
        purse = f"{each.id}@{each.window_at(NOON).id}"
        store.items.transact([made(purse, 3, 5)])

        [pool] = store.items.query(f"BUDGET#{each.id}", start_sk="POOL#", limit=1)
        assert (gone_at(pool), pool["unallotted"]["N"]) == (expected, "5")


@pytest.mark.parametrize(
    ("purse", "expected"),
    [(f"run@session-{RUN}", True), ("session-@2026-11-21", False), ("a@session-b@all", False)],
)
def test_a_window_is_known_to_be_of_a_run_by_its_id_alone(purse, expected):
    assert is_of_run(purse) is expected
