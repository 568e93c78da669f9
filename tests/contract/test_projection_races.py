"""Several projectors at once, on DynamoDBs whose transactions are real."""

import pytest

from cost_sentry.adapters.system_clock import pause
from tests.contract.engines import CONCURRENT_TABLES
from tests.contract.race import race
from tests.fakes.builders import budget
from tests.fakes.entries import Account
from tests.fakes.moto_journal import journal_on
from tests.fakes.projector import OWNER, Projector, used_up
from tests.fakes.recorded_alerts import RecordedAlerts

pytestmark = pytest.mark.parametrize("engine", CONCURRENT_TABLES)

DAY = "2026-11-21"
PROJECTORS = 6
DAILY = budget(limit=400, owners=(OWNER,))


def projector(table, mailbox):
    on = journal_on(table.client, table.name, pause)
    made = Projector(DAILY, journal=on.journal, outbox=on.outbox)
    made.alerts = mailbox
    return made


def test_projectors_of_the_same_batches_count_each_entry_and_mail_each_threshold_once(table):
    accounts = [Account(f"search/app{i}") for i in range(4)]
    histories = [
        [e for n in range(10) for e in account.call(f"{account.name}-{n}", 10)]
        for account in accounts
    ]
    mailbox = RecordedAlerts()

    def run(number):
        mine = projector(table, mailbox)
        outcomes = []
        for step in range(0, 20, 5):
            shifted = histories[number % 4 :] + histories[: number % 4]
            outcomes.append(mine.run(*(e for h in shifted for e in h[step : step + 5])))
        return outcomes

    outcomes = [o for per in race(PROJECTORS, PROJECTORS, run) for o in per]

    assert [o.failed_ids for o in outcomes] == [()] * len(outcomes)
    assert [o.gaps for o in outcomes] == [()] * len(outcomes)
    assert sum(o.new for o in outcomes) == 80
    totals = projector(table, mailbox).journal.totals(DAILY.id, DAY)
    assert (totals.posted, totals.calls) == (400, 40)
    assert projector(table, mailbox).journal.spend(DAILY.id, DAY).posted == 400
    assert sorted(a.key.threshold_percent for a in mailbox.published) == [50, 80, 100]


def test_projectors_that_hear_of_a_budget_used_up_at_once_mail_it_once(table):
    mailbox = RecordedAlerts()
    projector(table, mailbox).run(*Account("search/web").call("r1", 390))

    def run(number):
        mine = projector(table, mailbox)
        return [mine.run(used_up(DAILY, f"{number}-{n}")) for n in range(3)]

    outcomes = [o for per in race(PROJECTORS, PROJECTORS, run) for o in per]

    assert [(o.failed_ids, o.problems) for o in outcomes] == [((), ())] * len(outcomes)
    assert sum(len(o.alerts) for o in outcomes) == 1
    assert sorted(a.key.threshold_percent for a in mailbox.published) == [50, 80, 100]
