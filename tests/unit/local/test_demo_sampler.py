"""The sampler sees all of a budget's money at one instant, or nothing."""

from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest

from cost_sentry.adapters import ledger_moves, ledger_pools, ledger_refills
from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry_local.demo import sampler as module
from cost_sentry_local.demo.sampler import Sampler
from tests.fakes.builders import ManualClock, budget, hold, reservation, resolution
from tests.fakes.moto_journal import JournalOnTable, journal_on_moto, no_pause

DAY = "2026-11-21"
DAILY = budget(limit=10_000)
PURSE = f"search-daily@{DAY}"
WINDOW = ("BUDGET#search-daily", f"WINDOW#{DAY}")


class Onlooker:
    """A client that does something else after each reading of many items, as a writer would."""

    def __init__(self, client: Any, meanwhile: Callable[[], None] | None = None) -> None:
        self._client = client
        self.meanwhile = meanwhile
        self.readings = 0

    def transact_get_items(self, **arguments: Any) -> Any:
        found = self._client.transact_get_items(**arguments)
        self.readings += 1
        if self.meanwhile:
            self.meanwhile()
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


class Traffic:
    """Calls that stay, so that the account splits again and again."""

    def __init__(self, store: JournalOnTable) -> None:
        DynamoDbBooks(store.items, no_pause, ManualClock()).define(DAILY, DAY)
        self.ledger = DynamoDbLedger(store.items, no_pause)
        self.calls = 0

    def reserve(self, many: int) -> None:
        for _ in range(many):
            self.calls += 1
            self.ledger.reserve(reservation(f"r{self.calls}", hold(10, DAILY)))

    def come(self) -> None:
        """The first call of another application."""
        self.calls += 1
        held = reservation(f"r{self.calls}", hold(10, DAILY), account=f"search/app{self.calls}")
        self.ledger.reserve(held)

    def spend(self, cost: int) -> None:
        self.calls += 1
        held = self.ledger.reserve(reservation(f"r{self.calls}", hold(10, DAILY)))
        self.ledger.resolve(held.reservation, resolution(cost))


@pytest.fixture
def store() -> Iterator[JournalOnTable]:
    with journal_on_moto() as store:
        yield store


@pytest.fixture
def traffic(store) -> Traffic:
    return Traffic(store)


def sampler(client: Any) -> Sampler:
    return Sampler(client, "ledger", [WINDOW, ("BUDGET#search-daily", "WINDOW#2026-11-22")])


def test_every_shard_is_seen_also_those_that_came_since_the_last_look(store, traffic):
    looking = sampler(store.client)
    traffic.reserve(3)
    looking.look()
    traffic.reserve(12)
    traffic.spend(7)
    looking.look()

    first, second = looking.samples()

    assert set(first.shards) == {"search/web"}
    assert len(second.shards) >= 7
    assert (first.pending(PURSE), first.posted(PURSE)) == (30, 0)
    assert (second.pending(PURSE), second.posted(PURSE)) == (150, 7)


def test_money_in_pools_is_seen(store, traffic):
    with (
        patch.object(ledger_moves, "DIRECT_PLACES_MAX", 1),
        patch.object(ledger_refills, "DIRECT_PLACES_MAX", 1),
        patch.object(ledger_refills, "POOLS", 3),
        patch.object(ledger_pools, "POOLS", 3),
    ):
        traffic.reserve(6)
    looking = sampler(store.client)

    looking.look()

    [seen] = looking.samples()
    assert seen.pools[PURSE] > 0
    assert (seen.pending(PURSE), seen.posted(PURSE)) == (60, 0)


def test_a_shard_that_comes_between_the_reading_and_the_question_is_read_too(store, traffic):
    traffic.reserve(4)
    client = Onlooker(store.client)
    looking = sampler(client)
    client.meanwhile = lambda: traffic.reserve(2) if client.readings == 2 else None

    looking.look()

    [seen] = looking.samples()
    assert traffic.calls == 6
    assert len(seen.shards) == 3
    assert (seen.pending(PURSE), seen.posted(PURSE)) == (60, 0)


def test_shards_that_keep_coming_leave_no_sample_that_lacks_one(store, traffic):
    client = Onlooker(store.client, traffic.come)
    looking = sampler(client)

    looking.look()

    assert looking.samples() == ()


@pytest.mark.parametrize("writes_meanwhile", [True, False])
def test_more_than_one_transaction_takes_is_a_sample_only_if_nothing_moved(
    store, traffic, monkeypatch, writes_meanwhile
):
    monkeypatch.setattr(module, "_READ_TOGETHER_MAX", 2)
    traffic.reserve(6)
    client = Onlooker(store.client, lambda: traffic.spend(1) if writes_meanwhile else None)
    looking = sampler(client)

    looking.look()

    sums = [(seen.pending(PURSE), seen.posted(PURSE)) for seen in looking.samples()]
    assert sums == ([] if writes_meanwhile else [(60, 0)])


def test_what_other_writers_were_at_is_no_sample(store, traffic):
    traffic.reserve(1)
    error = {"Error": {"Code": "TransactionCanceledException", "Message": "conflict"}}
    refused = store.client.exceptions.ClientError(error, "TransactGetItems")
    client = Onlooker(store.client)
    looking = sampler(client)

    with patch.object(client, "transact_get_items", side_effect=refused):
        looking.look()
    looking.look()

    assert len(looking.samples()) == 1


def test_nothing_is_a_sample_before_the_first_reservation(store):
    looking = sampler(store.client)

    looking.look()

    assert looking.samples() == ()
