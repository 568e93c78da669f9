"""What a shard behind a pool gets back does not stay there, whichever way it was served."""

import pytest

from cost_sentry.adapters import ledger_moves, ledger_pools, ledger_refills
from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_calls import Conflict, LedgerCalls
from cost_sentry.adapters.ledger_items import ShardState, place_key, pool_key
from cost_sentry.adapters.ledger_shards import Shards
from cost_sentry.application.ports import Reserved
from tests.fakes.builders import NOON, ManualClock, budget, hold, reservation, resolution
from tests.fakes.moto_journal import journal_on_moto, no_pause

PURSE = "search-daily@2026-11-21"


class Busy(LedgerCalls):
    """Meets another writer at each transaction while it is told to."""

    is_busy = False

    def transact(self, actions):
        return Conflict() if self.is_busy else super().transact(actions)


@pytest.fixture
def calls(monkeypatch):
    """A window that serves one place itself, and others behind one pool."""
    monkeypatch.setattr(ledger_moves, "DIRECT_PLACES_MAX", 1)
    monkeypatch.setattr(ledger_refills, "DIRECT_PLACES_MAX", 1)
    monkeypatch.setattr(ledger_pools, "POOLS", 1)
    monkeypatch.setattr(ledger_refills, "POOLS", 1)
    with journal_on_moto() as store:
        calls = Busy(store.client, "ledger")
        DynamoDbBooks(calls, no_pause, ManualClock()).define(budget(limit=1_000), "2026-11-21")
        yield calls


@pytest.fixture
def ledger(calls):
    return DynamoDbLedger(calls, no_pause)


@pytest.fixture
def held_behind_pool(ledger):
    """900 of 1,000, when the window has never had a pool before."""
    ledger.reserve(reservation("first", hold(10), account="search/first"))
    held = ledger.reserve(reservation("second", hold(900), account="search/second"))
    assert isinstance(held, Reserved)
    return held.reservation


def free_behind_pool(calls):
    return ShardState.of(calls.get(place_key("search/second"))).free[PURSE]


def test_a_shard_that_was_served_past_its_pool_keeps_nothing(calls, ledger, held_behind_pool):
    ledger.resolve(held_behind_pool, resolution(40))

    assert free_behind_pool(calls) == 0
    assert calls.get(pool_key(PURSE, 0))["unallotted"] == {"N": "860"}


def test_a_shard_that_was_served_past_its_pool_is_counted_there(calls, held_behind_pool):
    assert calls.get(pool_key(PURSE, 0))["shards"] == {"N": "1"}


def test_money_that_reached_a_shard_when_it_had_just_split_is_given_back_by_the_next_call(
    calls, ledger, held_behind_pool
):
    calls.is_busy = True
    ledger.resolve(held_behind_pool, resolution(40))
    calls.is_busy = False
    Shards(calls).split(ShardState(place="search/second"))
    assert free_behind_pool(calls) == 860

    answer = ledger.reserve(reservation("third", hold(5), account="search/second"))

    assert isinstance(answer, Reserved)
    assert free_behind_pool(calls) == 0


def test_what_a_settlement_could_not_give_back_the_scheduled_run_does(
    calls, ledger, held_behind_pool
):
    calls.is_busy = True
    ledger.resolve(held_behind_pool, resolution(40))
    assert free_behind_pool(calls) == 860
    calls.is_busy = False

    assert ledger.tidy(NOON, 100) == 1

    assert free_behind_pool(calls) == 0
