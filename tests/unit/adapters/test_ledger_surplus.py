"""What idle shards behind pools give back, when there are more of them than they knew."""

from datetime import timedelta

import pytest

from cost_sentry.adapters.ledger_allotments import Allotments
from cost_sentry.adapters.ledger_items import (
    Seen,
    ShardState,
    key,
    number,
    pool_key,
    window_key,
)
from cost_sentry.adapters.ledger_pools import Pools
from cost_sentry.adapters.ledger_surplus import Surplus
from cost_sentry.domain.allotment import STRANDED_SHARE
from tests.fakes.builders import NOON
from tests.fakes.noted_calls import NotedCalls

PURSE, OTHER = "search-daily@2026-11-21", "odd@name@2026-11-21"
LIMIT = STRANDED_SHARE * 100
"""Of which all shards behind pools keep 100 together."""


class Refills:
    """Notes what is given back."""

    def __init__(self, works):
        self.given, self._works = [], works

    def give_back(self, place, purse, amount, now):
        self.given.append((place, purse, amount))
        return self._works


def window(purse=PURSE):
    return {**window_key(purse), "limit": number(LIMIT), "unallotted": number(0)}


def pool(number_of_pool, shards, purse=PURSE):
    counted = {} if shards is None else {"shards": number(shards)}
    return {**pool_key(purse, number_of_pool), "unallotted": number(0), **counted}


def shard(free=200, free_max=100, purse=PURSE, name="web"):
    seen = Seen(limit=LIMIT, elsewhere=0, at_seconds=0, free_max=free_max)
    return ShardState(place=f"search/{name}", free={purse: free}, seen={purse: seen.text()})


def given(*shards, items=(), now=NOON, moves_max=100, works=True):
    refills, calls = Refills(works), NotedCalls(*items)
    pools = Pools(calls, Allotments(calls))
    done = Surplus(refills, pools, now).give_back(shards, moves_max)
    return done, [(place, amount) for place, _, amount in refills.given]


def test_a_shard_gives_back_down_to_three_quarters_of_its_share_of_all_that_are_there_now():
    items = window(), pool(0, 1), pool(47, 3)

    assert given(shard(free=26), items=items) == (1, [("search/web", 26 - 18)])
    assert given(shard(free=25), items=items) == (0, [])


def test_pools_of_other_windows_and_pools_without_shards_are_not_counted():
    later = "search-daily@2026-11-22"
    items = window(), pool(0, 2), pool(1, None), pool(0, 50, later), pool(0, 50, OTHER)
    others = {**key("BUDGET#search-daily", "WINDOW#2026-11-22"), "shards": number(50)}

    assert given(shard(free=51), items=[*items, others]) == (1, [("search/web", 51 - 37)])
    assert given(shard(free=50), items=[*items, others]) == (0, [])


@pytest.mark.parametrize(
    "idle", [shard(free=0), shard(free=-5), shard(free_max=None)], ids=["empty", "owing", "served"]
)
def test_a_shard_that_has_nothing_or_is_not_behind_a_pool_gives_nothing_back(idle):
    assert given(idle) == (0, [])


def test_a_budget_with_an_odd_name_is_known_by_its_window_like_any_other():
    assert given(shard(purse=OTHER, free=101), items=[window(OTHER)])[0] == 1


@pytest.mark.parametrize("purse", [PURSE, OTHER])
def test_ended_windows_are_left_to_those_that_retire_them(purse):
    ended = given(shard(purse=purse), items=[window(purse)], now=NOON + timedelta(days=3))

    assert ended == (0, [])


def test_the_last_picodollar_goes_back_too():
    items = window(), pool(0, 1)

    assert given(shard(free=1, free_max=0), items=items) == (1, [("search/web", 1)])


def test_no_more_moves_are_made_than_were_asked_for_and_only_what_moved_counts():
    three, items = [shard(name=name) for name in "abc"], [window(), pool(0, 3)]

    assert given(*three, items=items, moves_max=2)[0] == 2
    assert given(*three, items=items, moves_max=0) == (0, [])
    done, moves = given(*three, items=items, moves_max=2, works=False)
    assert (done, len(moves)) == (0, 3)
