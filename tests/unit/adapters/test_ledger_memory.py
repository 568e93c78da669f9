"""Which ids the ledger looks up before it holds money, and by whose clock."""

from datetime import datetime, timedelta
from email.utils import format_datetime
from uuid import UUID

import pytest

from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.application.ports import Reserved
from cost_sentry.domain.errors import RequestRefused
from tests.fakes.builders import NOON, ManualClock, budget, hold, reservation
from tests.fakes.moto_journal import journal_on_moto, no_pause

DAY = "2026-11-21"
DAILY = budget(limit=10_000)


class Dated:
    """A client whose answers carry the ledger's time, and that notes what it was asked."""

    def __init__(self, client, time=NOON):
        self._client, self.time, self.asked = client, time, []
        self.retries = 0

    def __getattr__(self, name):
        call = getattr(self._client, name)

        def answer(**arguments):
            self.asked.append(name)
            found = call(**arguments)
            headers = {} if self.time is None else {"date": format_datetime(self.time, usegmt=True)}
            told = {"HTTPHeaders": headers, "RetryAttempts": self.retries}
            return found | {"ResponseMetadata": told}

        return answer

    def asks(self):
        asked, self.asked = self.asked, []
        return asked


def uuid7(made: datetime, number: int = 0) -> str:
    milliseconds = int(made.timestamp() * 1000)
    return str(UUID(int=milliseconds << 80 | 0x7 << 76 | 0b10 << 62 | number))


@pytest.fixture
def store(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        DynamoDbBooks(store.items, no_pause, ManualClock()).define(DAILY, DAY)
        yield store


def warm(store, time=NOON, local=NOON):
    """A ledger that has made one call, so that its shard has money and it knows the time."""
    client = Dated(store.client, time)
    ledger = DynamoDbLedger(LedgerCalls(client, "ledger"), no_pause)
    ledger.reserve(reservation("first", hold(100, DAILY), now=local))
    client.asks()
    return ledger, client


def test_a_new_id_costs_one_round_trip(store):
    ledger, client = warm(store)

    ledger.reserve(reservation(uuid7(NOON), hold(100, DAILY)))

    assert client.asks() == ["update_item"]


@pytest.mark.parametrize(
    "request_id",
    ["ticket-4711", str(UUID(int=7)), uuid7(NOON - timedelta(seconds=11))],
    ids=["of its own kind", "no time in it", "old"],
)
def test_an_id_that_may_have_been_used_before_is_looked_up_first(store, request_id):
    ledger, client = warm(store)

    ledger.reserve(reservation(request_id, hold(100, DAILY)))

    assert client.asks() == ["get_item", "update_item"]


def test_a_slow_clock_does_not_take_an_old_id_for_a_new_one(store):
    """The machine believes it is noon; it is five minutes past."""
    late = NOON + timedelta(minutes=5)
    ledger, client = warm(store, time=late, local=NOON)

    ledger.reserve(reservation(uuid7(NOON), hold(100, DAILY)))
    assert client.asks() == ["get_item", "update_item"]
    ledger.reserve(reservation(uuid7(late), hold(100, DAILY)))
    assert client.asks() == ["update_item"]


def test_whoever_does_not_know_the_ledgers_time_looks_every_id_up(store):
    ledger, client = warm(store, time=None)

    ledger.reserve(reservation(uuid7(NOON), hold(100, DAILY)))

    assert client.asks() == ["get_item", "update_item"]


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize(
    ("age", "asked"),
    [
        (timedelta(minutes=5), ["update_item"]),
        (timedelta(minutes=5, seconds=1), ["get_item", "update_item"]),
    ],
)
def test_the_ledgers_time_is_asked_for_again_after_five_minutes(store, direction, age, asked):
    ledger, client = warm(store)
    client.time = later = NOON + direction * age

    ledger.reserve(reservation(uuid7(later), hold(100, DAILY), now=later))

    assert client.asks() == asked


def test_an_answer_that_needed_two_attempts_does_not_set_the_clock(store):
    """It came seconds after this machine looked at its clock, which would count as its error."""
    client = Dated(store.client)
    client.retries = 1
    ledger = DynamoDbLedger(LedgerCalls(client, "ledger"), no_pause)
    ledger.reserve(reservation("first", hold(100, DAILY)))
    client.asks()

    ledger.reserve(reservation(uuid7(NOON), hold(100, DAILY)))

    assert client.asks() == ["get_item", "update_item"]


def test_an_id_from_the_future_is_refused_and_nothing_is_held(store):
    ledger, client = warm(store)
    books = DynamoDbBooks(store.items, no_pause, ManualClock())

    with pytest.raises(RequestRefused) as told:
        ledger.reserve(reservation(uuid7(NOON + timedelta(seconds=12)), hold(100, DAILY)))

    [error] = told.value.errors
    assert error.field == "requestId"
    assert "2026-11-21T12:00:12" in error.problem
    assert client.asks() == ["get_item"]
    assert books.balance(DAILY, DAY).pending == 100


def test_an_id_a_little_ahead_is_as_new_as_any(store):
    ledger, client = warm(store)

    answer = ledger.reserve(reservation(uuid7(NOON + timedelta(seconds=9)), hold(100, DAILY)))

    assert isinstance(answer, Reserved)
    assert client.asks() == ["update_item"]
