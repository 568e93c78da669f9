"""A shard keeps few calls whose true cost may still be heard, so that its item stays small."""

from datetime import timedelta

import pytest

from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_items import ShardState, number, place_key
from cost_sentry.adapters.ledger_writes import EXPIRED_MAX, expired_text
from cost_sentry.domain.reservation import charged_in_full
from tests.fakes.builders import NOON, ManualClock, budget, hold, reservation, resolution
from tests.fakes.moto_journal import journal_on_moto, no_pause

DAY = "2026-11-21"
DAILY = budget(limit=100_000)
MANY = EXPIRED_MAX + 3


@pytest.fixture
def calls(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        DynamoDbBooks(store.items, no_pause, ManualClock()).define(DAILY, DAY)
        yield store.items


@pytest.fixture
def ledger(calls):
    return DynamoDbLedger(calls, no_pause)


def shard(calls):
    return ShardState.of(calls.get(place_key("search/web")))


def expired(ledger, n):
    """A call that expires ``n`` seconds after noon."""
    held = ledger.reserve(reservation(f"r{n:02d}", hold(100, DAILY))).reservation
    end = charged_in_full(held, NOON + timedelta(seconds=n))
    assert ledger.resolve(held, end).first
    return held


def balance(calls):
    return DynamoDbBooks(calls, no_pause, ManualClock()).balance(DAILY, DAY)


def test_of_many_expired_calls_the_latest_are_kept_and_all_are_charged(calls, ledger):
    for n in range(MANY):
        expired(ledger, n)

    assert sorted(shard(calls).expired) == [f"r{n:02d}" for n in range(3, MANY)]
    assert (balance(calls).posted, balance(calls).pending) == (MANY * 100, 0)


def test_the_true_cost_of_a_call_that_is_kept_is_posted(calls, ledger):
    *_, latest = [expired(ledger, n) for n in range(MANY)]

    assert ledger.resolve(latest, resolution(1)).resolved.resolution.cost_picodollars == 1
    assert balance(calls).posted == (MANY - 1) * 100 + 1


@pytest.mark.parametrize("kept", [EXPIRED_MAX, EXPIRED_MAX + 1, 3 * EXPIRED_MAX])
def test_a_shard_that_keeps_too_many_from_before_is_made_small_by_the_next(calls, ledger, kept):
    expired(ledger, 0)
    held = reservation("old", hold(100, DAILY))
    texts = {
        f"old{n:02d}": expired_text(held, charged_in_full(held, NOON - timedelta(hours=n)))
        for n in range(kept)
    }
    calls.update(
        {
            "Key": place_key("search/web"),
            "UpdateExpression": "SET expired = :many, #sequence = :sequence",
            "ExpressionAttributeNames": {"#sequence": "sequence"},
            "ExpressionAttributeValues": {
                ":many": {"M": {name: {"S": text} for name, text in texts.items()}},
                ":sequence": number(40),
            },
        }
    )

    expired(ledger, 1)

    latest = [f"old{n:02d}" for n in range(EXPIRED_MAX - 1)]
    assert sorted(shard(calls).expired) == [*latest, "r01"]
