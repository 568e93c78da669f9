"""Shards behind pools that owe are looked at together with the window."""

from cost_sentry.adapters.ledger_allotments import OWING_MAX, Allotments
from cost_sentry.adapters.ledger_calls import TRANSACTION_ITEMS_MAX
from cost_sentry.adapters.ledger_items import number, window_key
from cost_sentry.adapters.ledger_moves import pool_name
from cost_sentry.domain.allotment import DIRECT_PLACES_MAX, POOLS, Part
from tests.fakes.moto_journal import journal_on_moto
from tests.fakes.noted_calls import shard_item

PURSE = "search-daily@2026-11-21"
WEB, APP, POOL = "search/web", "search/app", pool_name(0)


def places(*owing):
    """What is seen of a window that serves one shard itself and has one pool."""
    window = {**window_key(PURSE), "limit": number(100), "unallotted": number(40)}
    window |= {"places": {"SS": [WEB]}, "pools": number(1)}
    shards = [shard_item(WEB, free={PURSE: -2}), shard_item(APP, free={PURSE: -7})]
    with journal_on_moto() as store:
        for item in (window, *shards):
            store.client.put_item(TableName="ledger", Item=item)
        return Allotments(store.items).spread(PURSE, owing).places


SEEN = {WEB: Part(free=-2), POOL: Part(free=0, is_pool=True)}


def test_a_shard_that_owes_is_seen_with_the_places():
    assert places(APP) == {**SEEN, APP: Part(free=-7, is_behind_pool=True)}
    assert places() == SEEN


def test_a_shard_that_is_one_of_the_places_by_now_is_not_asked_for_twice():
    assert places(WEB, APP) == places(APP)
    assert places(WEB) == SEEN


def test_as_many_are_seen_at_once_as_a_crowded_window_leaves_room_for():
    assert 1 + DIRECT_PLACES_MAX + POOLS + OWING_MAX == TRANSACTION_ITEMS_MAX
