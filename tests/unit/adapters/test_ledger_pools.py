"""How shards behind pools are refilled, and what they give back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.adapters import ledger_wants
from cost_sentry.adapters.ledger_calls import Conflict
from cost_sentry.adapters.ledger_items import number, pool_key, window_key
from cost_sentry.adapters.ledger_moves import (
    give_to_pool,
    join_pool,
    move_in_shard,
    pool_name,
    take_from_pool,
    take_from_window,
)
from cost_sentry.adapters.ledger_pools import Pools, pool_of
from cost_sentry.adapters.ledger_windows import PoolState
from cost_sentry.domain.allotment import POOLS
from tests.fakes.builders import NOON, budget
from tests.fakes.noted_calls import NotedCalls
from tests.fakes.refill_kit import (
    FULL,
    HELD,
    LIMIT,
    OTHER,
    PLACE,
    POOL,
    PURSE,
    Kit,
    brought,
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


def test_a_shard_that_has_a_place_is_served_also_when_all_places_are_taken():
    full = (PLACE, *FULL[1:])

    assert Kit(window=window(places=full)).supplied(want())[1] == [from_window(625, 9_375)]
    assert Kit(window=crowded(places=full)).supplied(want())[1] == [from_window(625, 9_375)]


def test_pools_are_made_when_every_place_is_taken():
    kit = Kit(window=window(places=FULL), spread=places(is_crowded=True))

    assert kit.supplied(want())[0] == short(0, missed=1)
    [write] = kit.calls.updates
    assert (write["Key"], write["UpdateExpression"]) == (window_key(PURSE), "SET pools = :pools")
    assert write["ConditionExpression"] == "attribute_not_exists(pools)"
    assert write["ExpressionAttributeValues"] == {":pools": number(POOLS)}
    assert Kit(window=window(places=FULL[1:])).supplied(want())[1] == [from_window(625, 9_375)]


@pytest.mark.parametrize(("later", "looks"), [(1_000, 1), (1_001, 2), (-1_000, 1), (-1_001, 2)])
def test_a_shortage_of_a_crowded_window_is_believed_for_a_second(later, looks):
    kit = Kit(window=crowded(0), spread=places(99, is_crowded=True))
    kit.supplied(want())
    then = NOON + timedelta(milliseconds=later)

    answer, _ = kit.supplied(want(now=then))

    assert kit.allotments.looks.count("spread") == looks
    assert answer == short(99, NOON if looks == 1 else then, missed=1)


def test_a_shortage_that_is_believed_does_not_refuse_what_it_would_have_paid():
    kit = Kit(window=crowded(0), spread=places(99, is_crowded=True))
    kit.supplied(want())

    assert kit.supplied(want(amount=99))[0] == HELD
    assert kit.allotments.looks.count("spread") == 2


@pytest.mark.parametrize("newcomer", [True, False])
def test_past_a_pool_a_shard_gets_what_it_needs_and_may_keep_nothing(newcomer):
    kit = Kit(window=None, spread=places(500, is_crowded=True))

    _, [actions] = kit.supplied(want(free=40, newcomer=newcomer))

    joins = [join_pool(PURSE, POOL)] if newcomer else []
    told = seen(440, free_max=0)
    assert list(actions) == [
        take_from_window(PURSE, 60, LIMIT, pool_name(POOL)),
        *joins,
        brought(60, told),
    ]


@pytest.mark.parametrize(
    ("there", "shards", "amount", "free_max"),
    [(16_000, 1, 300, 400), (16_000, 2, 150, 200), (16_000, None, 300, 400), (2_400, 1, 150, 400)],
)
def test_a_pool_fills_a_shard_as_far_as_its_share_goes(there, shards, amount, free_max):
    kit = Kit(pool(there, shards), window=crowded(1_000))
    told = seen(1_000 + there - amount, free_max)

    assert kit.supplied(want())[1] == [from_pool(amount, told)]


def test_a_newcomer_counts_in_its_own_share():
    kit = Kit(pool(16_000, 1), window=crowded(0))

    told = seen(16_000 - 150, free_max=200)
    assert kit.supplied(want(newcomer=True))[1] == [from_pool(150, told, newcomer=True)]


def test_a_pool_that_has_too_little_is_filled_from_the_window():
    kit = Kit(pool(30, 1), window=crowded(19_200))

    _, [filled, brought] = kit.supplied(want())

    assert filled == (
        take_from_window(PURSE, 1_200, LIMIT, pool_name(POOL)),
        give_to_pool(PURSE, POOL, 1_200),
    )
    assert brought == from_pool(100, seen(19_200 + 30 - 100, free_max=400))


def test_a_window_that_gave_all_it_had_has_nothing_elsewhere():
    kit = Kit(pool(30, 1), window=crowded(70))

    assert kit.supplied(want())[1][-1] == from_pool(100, seen(0, free_max=400))


@pytest.mark.parametrize("found", [crowded(69), crowded(impounded=1)])
def test_a_pool_is_not_filled_by_a_window_that_has_too_little_or_a_debt(found):
    kit = Kit(pool(30, 1), window=found, spread=places(99, is_crowded=True))

    assert kit.supplied(want()) == (short(99, missed=1), [])


def test_a_pool_whose_filling_met_another_writer_gives_nothing():
    kit = Kit(pool(30, 1), window=crowded(), spread=places(99, is_crowded=True), outcome=Conflict())

    answer, transactions = kit.supplied(want())

    assert (answer, len(transactions)) == (short(99, missed=1), 1)


@pytest.mark.parametrize(("later", "looks"), [(10_000, 1), (10_001, 2), (-10_000, 1)])
def test_a_crowded_window_is_looked_at_every_ten_seconds(later, looks):
    kit = Kit(pool(16_000, 1), window=crowded())
    kit.supplied(want())

    kit.supplied(want(now=NOON + timedelta(milliseconds=later)))

    assert kit.allotments.looks == ["window"] * looks


def test_of_a_crowded_window_a_bounded_number_is_remembered(monkeypatch):
    monkeypatch.setattr(ledger_wants, "PURSES_KNOWN_MAX", 1)
    kit = Kit(pool(16_000, 1), window=crowded())
    one, other = want(), want(of=budget("other"))

    for wanted in (one, other, other, one):
        kit.refills.top_up([wanted])

    assert kit.allotments.looks.count("window") >= 3


KNOWN = seen(5_000, free_max=400, at=-30)


@pytest.mark.parametrize(
    ("told", "elsewhere", "amount"),
    [
        (KNOWN, 5_000, 300),
        (replace(KNOWN, free_max=100), 5_000, 100),
        (replace(KNOWN, free_max=None), 5_000, 100),
        (replace(KNOWN, elsewhere=200), 200, 300),
    ],
)
def test_a_shard_that_knows_its_share_draws_on_its_pool_unseen(told, elsewhere, amount):
    kit = Kit(window=crowded())

    after = replace(told, elsewhere=max(0, elsewhere - amount))
    assert kit.supplied(want(seen=told))[1] == [from_pool(amount, after)]


@pytest.mark.parametrize(("at", "unseen"), [(-30, True), (-31, False), (30, True), (31, False)])
def test_a_share_is_known_for_half_a_minute(at, unseen):
    kit = Kit(pool(16_000, 2), window=crowded(0))

    [(_, receive)] = kit.supplied(want(seen=seen(5_000, free_max=400, at=at)))[1]

    told = seen(4_700, 400, at) if unseen else seen(16_000 - 150, 200)
    amount = 300 if unseen else 150
    assert receive == brought(amount, told)


def test_after_two_blind_tries_at_two_pools_the_third_is_looked_at():
    pools = [pool(16_000, 1, at=(POOL + n) % POOLS) for n in range(4)]
    kit = Kit(*pools, window=crowded(0), outcome=Conflict())

    tries = kit.given_up(want(seen=KNOWN))

    after = replace(KNOWN, elsewhere=4_700)
    assert tries[0] == from_pool(300, after)
    assert tries[1] == from_pool(300, after, POOL + 1)
    assert tries[2] == from_pool(300, seen(15_700, 400), POOL + 2)
    assert kit.pauses[:3] == [0, 1, 2]


def others(**found):
    """Pools by how far they lie behind the shard's own; 48 shards are behind all together."""
    amounts = {int(name.removeprefix("next")): amount for name, amount in found.items()}
    empty = pool(0, POOLS - len(amounts))
    return [empty, *(pool(a, 1, at=(POOL + n) % POOLS) for n, a in amounts.items())]


def test_when_the_window_is_empty_the_next_pool_that_has_enough_serves_the_shard():
    kit = Kit(*others(next1=99, next2=1_600, next3=5_000), window=crowded(0))

    assert kit.supplied(want())[1] == [from_pool(100, seen(1_500, 400), (POOL + 2) % POOLS)]


@pytest.mark.parametrize("newcomer", [True, False])
def test_when_no_pool_has_enough_the_fullest_make_it_up_together(newcomer):
    kit = Kit(*others(next1=20, next2=60, next3=-5, next30=30), window=crowded(0))

    _, [actions] = kit.supplied(want(newcomer=newcomer))

    told = seen(0, 400)
    assert list(actions) == [
        take_from_pool(PURSE, (POOL + 2) % POOLS, 60, newcomer=newcomer, free_max=400),
        take_from_pool(PURSE, (POOL + 30) % POOLS, 30, newcomer=False, free_max=400),
        take_from_pool(PURSE, (POOL + 1) % POOLS, 10, newcomer=False, free_max=400),
        brought(100, told),
    ]


@pytest.mark.parametrize(("each", "served"), [(13, True), (12, False)])
def test_no_more_than_eight_pools_serve_a_shard_at_once(each, served):
    found = {f"next{n}": each for n in range(1, 10)}
    kit = Kit(*others(**found), window=crowded(0), spread=places(0, is_crowded=True))

    answer, transactions = kit.supplied(want())

    assert answer == (HELD if served else short(0, missed=1))
    assert [len(actions) for actions in transactions] == ([9] if served else [])


def test_a_shard_that_nobody_waits_for_is_not_filled_from_the_pools_of_others():
    kit = Kit(pool(-5, 1), *others(next1=5_000)[1:], window=crowded(0))

    assert kit.refills.top_up([want(is_early=True)]) is False
    assert kit.calls.transactions == []


def test_all_pools_of_one_window_are_found_and_those_of_others_are_not():
    items = [pool(5, 2, at=3), pool(7, at=47), {**pool_key(OTHER, 1), "unallotted": number(1)}]
    items += [{**pool_key("search-daily@2026-11-22", 1), "unallotted": number(1)}]
    calls = NotedCalls(*items, {**window_key("search-daily@zzz"), "unallotted": number(1)})
    pools = Pools(calls, Kit(window=window()).allotments)

    found = [
        PoolState(pool=3, unallotted=5, shards=2),
        PoolState(pool=47, unallotted=7, shards=0),
    ]
    assert pools.all(PURSE) == found
    assert PoolState.of(9, None) == PoolState(pool=9) == PoolState(pool=9, unallotted=0, shards=0)


def test_what_idle_shards_may_keep_is_their_share_of_all_that_are_there_now():
    calls = NotedCalls(pool(0, 40, at=3), pool(0, 56, at=4))

    assert Pools(calls, Kit(window=window()).allotments).share_now(PURSE) == 200
    assert Pools(calls, Kit(window=None).allotments).share_now(PURSE) == 0


def test_what_a_shard_gives_back_goes_to_its_pool_if_it_still_has_it():
    kit = Kit()

    assert kit.refills.give_back(PLACE, PURSE, 5, NOON) is True
    assert Kit(outcome=Conflict()).refills.give_back(PLACE, PURSE, 5, NOON) is False
    [actions] = kit.calls.transactions
    assert list(actions) == [
        give_to_pool(PURSE, POOL, 5),
        move_in_shard(PLACE, {PURSE: -5}, NOON, has=True),
    ]


def test_the_pool_of_a_shard_is_the_same_in_every_release():
    assert [pool_of("search/web"), pool_of("search/web#01")] == [21, 28]
    assert [pool_of("search/web", n) for n in (1, 26, 27)] == [22, 47, 0]
