"""What a shard needs of a window, and where it counts."""

import pytest

from cost_sentry.adapters.ledger_items import Seen, ShardState
from cost_sentry.adapters.ledger_wants import want_of
from tests.fakes.builders import NOON, hold

PURSE = "search-daily@2026-11-21"
SEEN = Seen(limit=1_000, elsewhere=0, at_seconds=0, free_max=400)


def want(place="search/web", free=None, seen=None, **more):
    has = {} if free is None else {PURSE: free}
    knows = {} if seen is None else {PURSE: seen.text()}
    return want_of(hold(100), ShardState(place=place, free=has, seen=knows), NOON, **more)


@pytest.mark.parametrize(("free", "needed"), [(None, 100), (30, 70), (100, 0), (130, 0), (-5, 105)])
def test_a_shard_needs_what_its_money_lacks_for_the_call(free, needed):
    assert want(free=free).needed == needed


def test_a_shard_that_is_filled_early_needs_nothing_at_once():
    assert want(free=30, is_early=True).needed == 0


def test_a_shard_that_never_carried_the_window_is_new_to_it_and_one_without_money_is_not():
    assert [want().newcomer, want(free=0).newcomer] == [True, False]
    assert [want().seen, want(free=0, seen=SEEN).seen] == [None, SEEN]


@pytest.mark.parametrize(
    ("free", "free_max", "comfortable"),
    [(0, 400, 300), (100, 400, 200), (300, 400, 0), (350, 400, 0), (0, 8_000, 3_200)],
)
def test_a_shard_behind_a_pool_is_filled_to_its_share_and_for_some_calls_at_most(
    free, free_max, comfortable
):
    assert want(free=free).comfortable(free_max) == comfortable
