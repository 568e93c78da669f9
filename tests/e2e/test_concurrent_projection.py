"""Several projectors at once, on a DynamoDB whose transactions are real."""

import threading
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest

from cost_sentry.adapters.dynamodb_alert_outbox import DynamoDbAlertOutbox
from cost_sentry.adapters.dynamodb_journal import DynamoDbJournal
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.system_clock import pause
from tests.fakes.builders import budget
from tests.fakes.dynamodb_table import create_table
from tests.fakes.entries import Account
from tests.fakes.projector import OWNER, Projector, used_up
from tests.fakes.recorded_alerts import RecordedAlerts

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud")]

DAY = "2026-11-21"
PROJECTORS = 6
DAILY = budget(limit=400, owners=(OWNER,))


@pytest.fixture
def client(cloud_environment):
    client = boto3.client("dynamodb")
    create_table(client, "concurrent-projection")
    yield client
    client.delete_table(TableName="concurrent-projection")


def projector(client, mailbox):
    items = LedgerCalls(client, "concurrent-projection")
    journal = DynamoDbJournal(JournalCalls(client, "concurrent-projection"), items, pause)
    made = Projector(DAILY, journal=journal, outbox=DynamoDbAlertOutbox(items, pause))
    made.alerts = mailbox
    return made


def test_projectors_of_the_same_batches_count_each_entry_and_mail_each_threshold_once(client):
    accounts = [Account(f"search/app{i}") for i in range(4)]
    histories = [
        [e for n in range(10) for e in account.call(f"{account.name}-{n}", 10)]
        for account in accounts
    ]
    mailbox, start = RecordedAlerts(), threading.Barrier(PROJECTORS)

    def run(number):
        mine = projector(client, mailbox)
        start.wait()
        outcomes = []
        for step in range(0, 20, 5):
            shifted = histories[number % 4 :] + histories[: number % 4]
            outcomes.append(mine.run(*(e for h in shifted for e in h[step : step + 5])))
        return outcomes

    with ThreadPoolExecutor(PROJECTORS) as pool:
        outcomes = [o for per in pool.map(run, range(PROJECTORS)) for o in per]

    assert [o.failed_ids for o in outcomes] == [()] * len(outcomes)
    assert [o.gaps for o in outcomes] == [()] * len(outcomes)
    assert sum(o.new for o in outcomes) == 80
    totals = projector(client, mailbox).journal.totals(DAILY.id, DAY)
    assert (totals.posted, totals.calls) == (400, 40)
    assert projector(client, mailbox).journal.spend(DAILY.id, DAY).posted == 400
    assert sorted(a.key.threshold_percent for a in mailbox.published) == [50, 80, 100]


def test_projectors_that_hear_of_a_budget_used_up_at_once_mail_it_once(client):
    mailbox, start = RecordedAlerts(), threading.Barrier(PROJECTORS)
    projector(client, mailbox).run(*Account("search/web").call("r1", 390))

    def run(number):
        mine = projector(client, mailbox)
        start.wait()
        return [mine.run(used_up(DAILY, f"{number}-{n}")) for n in range(3)]

    with ThreadPoolExecutor(PROJECTORS) as pool:
        outcomes = [o for per in pool.map(run, range(PROJECTORS)) for o in per]

    assert [(o.failed_ids, o.problems) for o in outcomes] == [((), ())] * len(outcomes)
    assert sum(len(o.alerts) for o in outcomes) == 1
    assert sorted(a.key.threshold_percent for a in mailbox.published) == [50, 80, 100]
