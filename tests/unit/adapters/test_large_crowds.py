"""How a crowded window runs out: many callers find its last money, or hear that it is."""

from datetime import timedelta

import pytest

from cost_sentry.adapters.ledger_calls import Conflict
from cost_sentry.adapters.ledger_moves import move_in_shard
from tests.fakes.builders import NOON, hold
from tests.fakes.refill_kit import (
    HELD,
    LIMIT,
    OTHER,
    PLACE,
    POOL,
    PURSE,
    Kit,
    brought,
    crowded,
    places,
    pool,
    seen,
    short,
    want,
    window,
)

LITTLE = LIMIT // 2_200
CALL = LITTLE // 32
"""The largest call for which this limit is a large one."""


def spread(unallotted, **free):
    return places(unallotted, is_crowded=True, **free)


@pytest.mark.parametrize("little", [spread(LITTLE), spread(0, app=LITTLE)])
def test_what_is_as_good_as_nothing_is_told_as_nothing(little):
    kit = Kit(window=crowded(0), glance=little)

    answer, writes = kit.supplied(want(amount=CALL))

    assert (answer.hold, answer.remaining.left) == (hold(CALL), 0)
    assert (answer.remaining.limit, answer.remaining.as_of) == (LIMIT, NOON)
    assert (writes, kit.pauses) == ([], [])
    assert kit.allotments.looks.count("glance") == 1
    assert "spread" not in kit.allotments.looks


def test_one_unit_more_is_shared_out():
    kit = Kit(window=crowded(0), glance=spread(LITTLE - CALL, app=CALL + 1))

    answer, [actions] = kit.supplied(want(amount=CALL))

    assert answer == HELD
    assert actions == (
        move_in_shard("search/app", {PURSE: -CALL}, NOON, has=True),
        brought(CALL, seen(LITTLE - CALL + 1, 0), want(amount=CALL)),
    )


def test_what_the_shard_has_itself_is_told():
    kit = Kit(window=crowded(0), glance=spread(LITTLE))

    assert kit.supplied(want(free=7, amount=CALL))[0].remaining.left == 7


def test_of_a_limit_that_is_small_for_the_call_everything_is_found():
    kit = Kit(window=crowded(0), spread=spread(LITTLE))

    assert kit.supplied(want(amount=CALL + 1))[0] == HELD
    assert kit.allotments.looks.count("spread") == 1
    assert "glance" not in kit.allotments.looks


def test_of_a_window_that_is_not_crowded_everything_is_found():
    kit = Kit(window=window(0), spread=places(LITTLE))

    assert kit.supplied(want(amount=CALL))[0] == HELD
    assert "glance" not in kit.allotments.looks


@pytest.mark.parametrize("owing", [spread(5_000, app=-1), places(5_000, 1, is_crowded=True)])
def test_a_debt_is_looked_at_at_one_instant(owing):
    kit = Kit(window=crowded(0), glance=owing, spread=spread(LITTLE))

    assert kit.supplied(want(amount=CALL))[0] == HELD
    assert kit.allotments.looks[-2:] == ["glance", "spread"]


def test_such_a_shortage_is_known_for_a_second_and_costs_nothing_then():
    kit = Kit(window=crowded(0), glance=spread(LITTLE))
    first, _ = kit.supplied(want(amount=CALL))
    looks = list(kit.allotments.looks)

    for milliseconds in (1_000, -1_000):
        now = NOON + timedelta(milliseconds=milliseconds)
        assert kit.supplied(want(amount=CALL, now=now))[0] == first
    assert kit.allotments.looks == looks
    kit.supplied(want(amount=CALL, now=NOON + timedelta(milliseconds=1_001)))
    assert kit.allotments.looks.count("glance") == 2


def test_a_shortage_is_known_before_anything_is_drawn():
    """Or each refusal would cost the transactions that are to fail."""
    kit = Kit(pool(10_000), window=crowded(0), glance=spread(LITTLE))
    known = seen(LITTLE, free_max=400)
    kit.refills._proofs._short[PURSE] = NOON, spread(0)

    answer, writes = kit.supplied(want(amount=CALL, seen=known))

    assert answer.remaining.left == 0
    assert writes == []


def test_who_drew_in_vain_three_times_looks_at_all_that_is_left():
    kit = Kit(pool(10_000), window=crowded(0), glance=spread(0, app=10_000), outcome=Conflict())

    writes = kit.given_up(want(amount=CALL))

    assert all("POOL" in str(takes[0]) for takes in writes[:3])
    assert all("search/app" in str(takes[0]) for takes in writes[3:])
    assert kit.allotments.looks.count("glance") == len(writes) - 3


def test_who_wants_much_of_it_goes_on_drawing():
    """For a call of that size the window is a small one."""
    kit = Kit(pool(10_000), window=crowded(0), outcome=Conflict())

    writes = kit.given_up(want(amount=CALL + 1))

    assert len(writes) == 60
    assert all("POOL" in str(takes[0]) for takes in writes)


def test_what_was_enough_for_one_is_looked_at_again_for_a_larger_one():
    kit = Kit(window=crowded(0), spread=spread(LITTLE))
    kit.supplied(want(amount=LITTLE))

    assert kit.supplied(want(amount=LITTLE + 1))[0].remaining.left == LITTLE
    assert kit.allotments.looks.count("spread") == 2


def test_places_that_could_not_be_looked_at_are_looked_at_again():
    kit = Kit(window=crowded(0), glance=None)

    assert kit.given_up(want(amount=CALL)) == []
    assert kit.allotments.looks.count("glance") == len(kit.pauses) == 60


def test_places_with_too_little_each_are_looked_at_again():
    """They are too many to take from at once, and will have changed by then."""
    crumbs = {f"app{n}": CALL // 9 for n in range(600)}
    kit = Kit(window=crowded(0), glance=spread(0, **crumbs))

    assert kit.given_up(want(amount=CALL)) == []


def test_a_shard_that_got_its_money_meanwhile_is_served():
    kit = Kit(window=crowded(0, places=(PLACE,)), glance=spread(LITTLE, web=CALL))

    assert kit.supplied(want(amount=CALL)) == (None, [])


def test_each_budget_of_a_call_may_be_known_to_be_short():
    of = want(amount=CALL).hold.budget_id
    kit = Kit(window=crowded(), glance=spread(0))
    kit.refills._proofs._short[PURSE] = NOON, spread(0)

    answer, writes = kit.supplied(want(amount=CALL, of=None), want(amount=CALL))

    assert answer.hold.budget_id == of
    assert writes == []
    assert OTHER not in kit.refills._proofs._short


def test_money_of_the_own_pool_is_drawn_first():
    kit = Kit(pool(10_000, shards=1), window=crowded(0), glance=spread(0, app=10_000))

    answer, [actions] = kit.supplied(want(amount=CALL))

    assert answer == HELD
    assert f"POOL#2026-11-21#{POOL:02d}" in str(actions[0])
    assert "glance" not in kit.allotments.looks


@pytest.mark.parametrize("moved", [1, -1])
def test_a_shard_that_another_call_moved_money_for_is_asked_again_before_a_refusal(moved):
    """What it has itself was seen before the rest, and counts."""
    kit = Kit(window=crowded(0), spread=places(30, is_crowded=True))

    assert kit.supplied(want(free=60), moved=moved) == (None, [])
    assert kit.pauses == []
    assert kit.supplied(want(free=60))[0] == short(90, missed=1)
