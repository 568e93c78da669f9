"""Totals of many windows are read together, and none of them is taken for another's."""

import pytest

from cost_sentry.adapters.dynamodb_journal import READ_MAX, DynamoDbJournal
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.domain.errors import LedgerUnavailable
from tests.fakes.admissions import DAY
from tests.fakes.entries import Account
from tests.fakes.moto_journal import journal_on_moto, no_pause


class Counting:
    """A client that counts questions; the next answer leaves an item out where a test says."""

    def __init__(self, client):
        self._client, self.asked, self.leaves_out = client, [], False

    def __getattr__(self, name):
        return getattr(self._client, name)

    def get_item(self, **arguments):
        self.asked.append(1)
        return self._client.get_item(**arguments)

    def batch_get_item(self, **arguments):
        answer = self._client.batch_get_item(**arguments)
        [asked] = arguments["RequestItems"].values()
        self.asked.append(len(asked["Keys"]))
        return {**answer, "UnprocessedKeys": {"ledger": asked}} if self.leaves_out else answer


@pytest.fixture
def store(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        store.journal.write(Account().call("r1", 40))
        yield store


def journal_on(client):
    return DynamoDbJournal(JournalCalls(client, "ledger"), LedgerCalls(client, "ledger"), no_pause)


@pytest.mark.parametrize(
    ("others", "asked"), [(0, [1]), (1, [2]), (READ_MAX - 1, [READ_MAX]), (READ_MAX, [100, 1])]
)
def test_a_hundred_windows_are_one_question(store, others, asked):
    client = Counting(store.client)
    windows = [(f"b{n}", DAY) for n in range(others)] + [("search-daily", DAY)]

    found = journal_on(client).totals_together(windows)

    assert client.asked == asked
    assert [one and one.posted for one in found] == [None] * others + [40]


def test_what_dynamodb_leaves_out_is_not_taken_for_nothing_spent(store):
    client = Counting(store.client)
    client.leaves_out = True

    with pytest.raises(LedgerUnavailable, match="left out"):
        journal_on(client).totals_together([("search-daily", DAY), ("another", DAY)])
