"""Who gives the last money of a crowded window, and how much."""

import pytest

from cost_sentry.adapters.ledger_last_money import last_money
from cost_sentry.adapters.ledger_moves import (
    give_to_pool,
    join_pool,
    move_in_shard,
    pool_name,
    take_from_pool,
    take_from_window,
)
from cost_sentry.adapters.ledger_wants import all_takes
from cost_sentry.domain.allotment import POOLS, Part, Spread
from tests.fakes.builders import NOON
from tests.fakes.refill_kit import LIMIT, PLACE, POOL, PURSE, seen, want

NEXT = (POOL + 1) % POOLS


def spread(unallotted=0, *, pools=None, **shards):
    of_pools = {pool_name(n): Part(free=free, is_pool=True) for n, free in (pools or {}).items()}
    of_shards = {f"search/{name}": Part(free=free) for name, free in shards.items()}
    places = {**of_shards, **of_pools}
    return Spread(limit=LIMIT, unallotted=unallotted, impounded=0, places=places, crowded=True)


def pool(number, amount, *, newcomer=False):
    return take_from_pool(PURSE, number, amount, newcomer=newcomer)


def shard(name, amount):
    return move_in_shard(f"search/{name}", {PURSE: -amount}, NOON, has=True)


def given(of, seen_there, attempt=0):
    grant = last_money(of, seen_there, attempt)
    return None if grant is None else all_takes({PURSE: grant}, NOON)


def test_one_place_that_has_enough_gives_what_is_missing_and_no_more():
    grant = last_money(want(free=40), spread(pools={POOL: 500}), 0)

    assert list(grant.takes) == [pool(POOL, 60)]
    assert grant.amount == 60
    assert grant.seen == seen(440, free_max=0)


def test_exactly_enough_is_enough():
    assert given(want(), spread(pools={POOL: 100, NEXT: 99})) == [pool(POOL, 100)]


def test_pools_give_before_shards_and_shards_before_the_window():
    assert given(want(), spread(500, app=500, pools={NEXT: 100})) == [pool(NEXT, 100)]
    assert given(want(), spread(500, app=100)) == [shard("app", 100)]


def test_who_met_another_tries_another_place():
    found = {n: given(want(), spread(pools=dict.fromkeys(range(5), 100)), n)[0] for n in range(5)}

    assert len({str(take) for take in found.values()}) == 5


def test_shards_behind_different_pools_begin_at_different_places():
    there = spread(pools=dict.fromkeys(range(8), 100))

    assert len({str(given(want(place=f"search/app{n}"), there)) for n in range(40)}) == 8


def test_shards_that_have_enough_take_turns_too():
    there = spread(app=100, batch=500)

    assert {str(given(want(), there, n)) for n in range(2)} == {
        str([shard("app", 100)]),
        str([shard("batch", 100)]),
    }


def test_a_single_unit_is_given():
    assert given(want(), spread(pools={0: 99, 1: 1})) == [pool(0, 99), pool(1, 1)]


def test_the_fullest_make_it_up_together():
    there = spread(20, app=30, pools={0: 40, 1: 10, 2: 35})

    assert given(want(), there) == [pool(0, 40), pool(2, 35), shard("app", 25)]


def test_the_window_is_one_of_them():
    newcomer = want(newcomer=True)

    assert given(want(), spread(99, pools={NEXT: 1})) == [
        pool(NEXT, 1),
        take_from_window(PURSE, 99, LIMIT, pool_name(POOL)),
    ]
    assert given(want(), spread(60, web=0, app=40)) == [
        take_from_window(PURSE, 60, LIMIT, PLACE),
        shard("app", 40),
    ]
    assert given(newcomer, spread(60, pools={NEXT: 40}))[-1] == join_pool(PURSE, POOL)


@pytest.mark.parametrize(("each", "takes"), [(13, 8), (12, None)])
def test_no_more_than_eight_places_give_at_once(each, takes):
    found = given(want(), spread(pools=dict.fromkeys(range(20), each)))

    assert (None if found is None else len(found)) == takes


def test_places_that_owe_give_nothing():
    assert given(want(), spread(pools={0: -50, 1: 99})) is None


@pytest.mark.parametrize(("unallotted", "more"), [(16_000, 900), (1_600, 0)])
def test_the_window_fills_the_shards_pool_while_it_serves_the_shard(unallotted, more):
    gives = [give_to_pool(PURSE, POOL, more)] if more else []

    assert given(want(), spread(unallotted)) == [
        take_from_window(PURSE, 100 + more, LIMIT, pool_name(POOL)),
        *gives,
    ]


@pytest.mark.parametrize(("unallotted", "more"), [(16_000, 900), (100, 0)])
def test_a_newcomer_that_the_window_serves_is_counted_by_its_pool(unallotted, more):
    assert given(want(newcomer=True), spread(unallotted)) == [
        take_from_window(PURSE, 100 + more, LIMIT, pool_name(POOL)),
        join_pool(PURSE, POOL, more),
    ]


def test_a_window_with_too_little_gives_nothing():
    assert given(want(), spread(99)) is None


def test_a_newcomer_is_counted_by_its_own_pool_whoever_serves_it():
    assert given(want(newcomer=True), spread(pools={POOL: 100})) == [pool(POOL, 100, newcomer=True)]
    assert given(want(newcomer=True), spread(pools={NEXT: 100})) == [
        pool(NEXT, 100),
        join_pool(PURSE, POOL),
    ]
    assert given(want(newcomer=True), spread(pools={NEXT: 60, POOL: 40})) == [
        pool(NEXT, 60),
        pool(POOL, 40, newcomer=True),
    ]


def test_a_shard_with_a_place_of_its_own_needs_what_it_has_not_got_there():
    grant = last_money(want(free=0, newcomer=True), spread(500, web=70), 0)

    assert list(grant.takes) == [take_from_window(PURSE, 30, LIMIT, PLACE)]
    assert grant.seen == seen(540)


def test_a_shard_with_a_place_of_its_own_is_counted_by_no_pool():
    assert given(want(newcomer=True), spread(web=0, pools={POOL: 100})) == [pool(POOL, 100)]
    assert given(want(newcomer=True), spread(web=0, pools={NEXT: 100})) == [pool(NEXT, 100)]


def test_a_shard_that_got_its_money_meanwhile_needs_no_more():
    assert last_money(want(), spread(500, web=100, pools={POOL: 500}), 0).amount == 0
