"""Money that was brought and held in a transaction of which nobody heard is given back at once."""

import pytest
from botocore.exceptions import ReadTimeoutError

from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.domain.errors import LedgerUnavailable
from tests.fakes.builders import ManualClock, budget, hold, reservation
from tests.fakes.moto_journal import journal_on_moto, no_pause

DAY = "2026-11-21"
DAILY = budget(limit=1_000)


class Deaf:
    """A client that loses the answer of one call, the n-th of its name, done or not."""

    def __init__(self, client, name, *, is_done, number=1):
        self._client, self._name, self._is_done = client, name, is_done
        self._number = number
        self.asked = []

    def __getattr__(self, name):
        call = getattr(self._client, name)

        def answer(**arguments):
            self.asked.append(name)
            is_lost = name == self._name and self.asked.count(name) == self._number
            if is_lost and not self._is_done:
                raise ReadTimeoutError(endpoint_url="https://dynamodb")
            found = call(**arguments)
            if is_lost:
                raise ReadTimeoutError(endpoint_url="https://dynamodb")
            return found

        return answer


@pytest.fixture
def store(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        books_on(store).define(DAILY, DAY)
        DynamoDbLedger(store.items, no_pause)._shards.open("search/web", "")
        yield store


def books_on(store):
    return DynamoDbBooks(store.items, no_pause, ManualClock())


def refused_by(store, name, **lost):
    """A client of which one answer is lost, and what the caller is told."""
    deaf = Deaf(store.client, name, **lost)
    with pytest.raises(LedgerUnavailable) as told:
        DynamoDbLedger(LedgerCalls(deaf, "ledger"), no_pause).reserve(reservation("r1", hold(100)))
    return deaf, told.value


@pytest.mark.parametrize("is_done", [True, False])
def test_a_transaction_whose_answer_is_lost_holds_nothing_afterwards(store, is_done):
    _, told = refused_by(store, "transact_write_items", is_done=is_done)

    assert told.perhaps_held is None
    assert list(books_on(store).pending()) == []
    balance = books_on(store).balance(DAILY, DAY)
    assert (balance.pending, balance.left) == (0, 1_000)


def test_a_question_that_nobody_answered_holds_nothing_and_takes_nothing_back(store):
    deaf, told = refused_by(store, "get_item", is_done=False, number=2)

    assert told.perhaps_held is None
    assert deaf.asked == ["get_item", "update_item", "get_item"]
