"""Pools at their edges: exactly enough, gone meanwhile, and who is nearest."""

from dataclasses import replace

import pytest

from cost_sentry.adapters.ledger_moves import give_to_pool, pool_name, take_from_window
from cost_sentry.adapters.ledger_pools import Pools
from cost_sentry.domain.allotment import POOLS, Part, Spread
from tests.fakes.builders import budget
from tests.fakes.noted_calls import NotedCalls
from tests.fakes.refill_kit import (
    FULL,
    LIMIT,
    PLACE,
    POOL,
    PURSE,
    Kit,
    crowded,
    from_pool,
    from_window,
    places,
    pool,
    seen,
    short,
    want,
    window,
)


def at(distance):
    """The pool that lies so far behind the shard's own."""
    return (POOL + distance) % POOLS


def test_a_pool_that_has_exactly_what_is_needed_is_not_filled():
    kit = Kit(pool(100, 1), window=crowded())

    assert kit.supplied(want())[1] == [from_pool(100, seen(10_000, 400))]


def test_a_window_that_has_exactly_what_is_missing_fills_the_pool():
    kit = Kit(pool(30, 1), window=crowded(70))

    filled = take_from_window(PURSE, 70, LIMIT, pool_name(POOL)), give_to_pool(PURSE, POOL, 70)
    assert kit.supplied(want())[1][0] == filled


def test_a_pool_is_not_filled_from_a_window_that_has_gone():
    kit = Kit(pool(99, 1), window=crowded(), spread=places(99, is_crowded=True))
    kit.supplied(want(99))
    kit.allotments._window = None

    assert kit.supplied(want())[0] == short(99, missed=1)


def test_a_shard_that_left_a_crowded_window_comes_back_behind_a_pool_and_not_in_vain():
    kit = Kit(pool(100, 1), window=crowded(places=(PLACE, *FULL[1:])))
    kit.supplied(want())
    kit.calls.transactions.clear()
    kit.allotments._window = crowded(places=FULL[1:])

    assert kit.supplied(want())[1] == [from_pool(100, seen(10_000, 400))]
    looks = len(kit.allotments.looks)
    kit.supplied(want())
    assert len(kit.allotments.looks) == looks, "it is known by now that it has left"


def test_of_the_pools_that_have_enough_the_next_one_serves_the_shard_at_once():
    """Its own, and so the first to be tried, is the one whose number says nothing of distance."""
    there = [pool(1_600, 1, at=at(distance)) for distance in (5, 30, POOLS - 1)]
    kit = Kit(pool(0, 45), *there, window=crowded(0))

    assert kit.supplied(want())[1] == [from_pool(100, seen(1_500, 400), at(5))]
    assert kit.pauses == []


def test_a_pool_with_exactly_enough_serves_the_shard_before_a_fuller_one_farther_off():
    there = [pool(100, 1, at=at(1)), pool(1_600, 1, at=at(2))]
    kit = Kit(pool(0, 46), *there, window=crowded(0))

    assert kit.supplied(want())[1] == [from_pool(100, seen(0, 400), at(1))]
    assert kit.pauses == []


def test_a_pool_with_a_single_unit_gives_that():
    there = [pool(1, 1, at=at(1)), pool(99, 1, at=at(2))]
    kit = Kit(pool(0, 46), *there, window=crowded(0))

    [actions] = kit.supplied(want())[1]

    assert [int(a["Update"]["ExpressionAttributeValues"][":amount"]["N"]) for a in actions[:2]] == [
        99,
        1,
    ]


class Asked(NotedCalls):
    """Notes what it was asked for."""

    asked = ()

    def query(self, pk, **options):
        self.asked = pk, options
        return super().query(pk, **options)


def test_pools_are_looked_for_where_they_begin_and_no_farther_than_there_can_be():
    calls = Asked(pool(5, 2, at=3))

    Pools(calls, Kit(window=window()).allotments).all(PURSE)

    options = {"start_sk": "POOL#2026-11-21#", "limit": POOLS}
    assert calls.asked == ("BUDGET#search-daily", options)


def test_a_shard_whose_share_is_nothing_draws_no_more_than_it_needs():
    kit = Kit(window=crowded())
    told = seen(5_000, free_max=0, at=-30)

    assert kit.supplied(want(seen=told))[1] == [from_pool(100, replace(told, elsewhere=4_900))]
    assert kit.refills.top_up([want(seen=told, is_early=True)]) is False


@pytest.mark.parametrize(("known", "looks"), [(999, 1), (1_000, 2)])
def test_a_thousand_crowded_windows_are_remembered(known, looks):
    kit = Kit(pool(16_000, 1), window=crowded())
    kit.refills.top_up([want()])
    for n in range(known - 1):
        kit.refills._crowded[f"other{n}@all"] = kit.refills._crowded[PURSE]

    kit.refills.top_up([want(of=budget("one more"))])
    kit.allotments.looks.clear()
    kit.refills.top_up([want()])

    assert kit.allotments.looks == ["window"] * (looks - 1)


def test_a_window_of_which_nothing_is_needed_does_not_come_along():
    kit = Kit(pool(16_000, 1), window=crowded(1_000))
    enough = want(of=budget("other"), free=100, seen=seen(5_000, free_max=100, at=-30))

    assert kit.supplied(want(), scarce=[enough])[1] == [
        from_pool(300, seen(16_700, 400), scarce=[enough])
    ]


def test_what_could_not_be_looked_at_proves_nothing():
    assert Kit(window=None, spread=None).given_up(want()) == []


def test_a_shard_with_a_place_of_its_own_is_served_by_the_window_though_others_have_pools():
    """The crowded window is known from another shard's refill."""
    kit = Kit(pool(16_000, 1), window=crowded(64_000))
    kit.supplied(want())
    kit.allotments.looks.clear()

    [*_, last] = kit.supplied(want(place=FULL[0]))[1]

    assert last == from_window(3_200, 60_800, place=FULL[0])
    assert kit.allotments.looks == ["window"]


def test_a_shard_with_a_place_whose_window_has_gone_is_not_served():
    kit = Kit(pool(16_000, 1), window=crowded(), spread=places(99, is_crowded=True))
    kit.supplied(want())
    kit.allotments._window = None

    answer, transactions = kit.supplied(want(place=FULL[0]))

    assert (answer, len(transactions)) == (short(99, missed=1), 1)


def test_only_debts_of_others_are_gathered_before_a_shard_that_owes_is_served():
    owing = Spread(
        limit=LIMIT,
        unallotted=64_000,
        impounded=0,
        places={"search/web": Part(free=-10), "search/app": Part(free=0)},
    )
    kit = Kit(window=None, spread=owing)

    assert kit.supplied(want())[1] == [from_window(3_200, 60_800)]
    assert kit.allotments.placed == []


@pytest.mark.parametrize(
    "spread",
    [places(64_000, app=7), places(64_000, is_crowded=True, web=0, app=7)],
    ids=["a newcomer, while there is room", "one that has a place in a crowd"],
)
def test_what_was_proven_to_be_there_is_served_by_the_window_unless_a_pool_stands_before_it(spread):
    kit = Kit(window=None, spread=spread)

    assert kit.supplied(want())[1] == [from_window(3_200, 64_007 - 3_200)]


def test_a_shard_behind_a_pool_draws_on_that_however_much_it_saw_elsewhere():
    kit = Kit(window=crowded())
    told = seen(10**6, free_max=400, at=-30)

    assert kit.supplied(want(seen=told))[1] == [from_pool(300, replace(told, elsewhere=999_700))]
