"""Each part of a move of money holds its own condition, whoever else writes in between."""

import pytest

from cost_sentry.adapters.ledger_calls import Written
from cost_sentry.adapters.ledger_items import pool_key
from cost_sentry.adapters.ledger_moves import give_to_pool, pool_name, set_pool, take_from_pool
from tests.fakes.moto_journal import journal_on_moto

PURSE = "search-daily@2026-11-21"
POOL = 7


@pytest.fixture
def calls(monkeypatch):
    """A pool with 5."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        store.items.transact([give_to_pool(PURSE, POOL, 5)])
        yield store.items


def pool_after(calls, action):
    """Whether it was done, what the pool has, and how many shards it counts."""
    done = isinstance(calls.transact([action]), Written)
    item = calls.get(pool_key(PURSE, POOL))
    return done, int(item["unallotted"]["N"]), int(item.get("shards", {"N": "0"})["N"])


@pytest.mark.parametrize(
    ("amount", "newcomer", "expected"),
    [
        (5, False, (True, 0, 0)),
        (5, True, (True, 0, 1)),
        (6, False, (False, 5, 0)),
        (6, True, (False, 5, 0)),
    ],
)
def test_a_pool_gives_no_more_than_it_has_and_counts_each_newcomer_once(
    calls, amount, newcomer, expected
):
    taken = take_from_pool(PURSE, POOL, amount, newcomer=newcomer)

    assert pool_after(calls, taken) == expected


@pytest.mark.parametrize(("was", "expected"), [(5, (True, 2, 0)), (4, (False, 5, 0))])
def test_a_pool_is_set_only_from_what_was_seen(calls, was, expected):
    assert pool_after(calls, set_pool(PURSE, pool_name(POOL), was, 2)) == expected
