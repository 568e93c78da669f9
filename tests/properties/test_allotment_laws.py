"""The laws of moving a budget's money, for any spread and any order of events."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.domain.allotment import (
    STRANDED_SHARE,
    Part,
    Spread,
    gathered,
    nearly_spent,
    pool_refill_amount,
    refill_amount,
    shard_free_max,
    shard_free_target,
)

AMOUNTS = st.integers(0, 1_000)
PARTS = st.builds(Part, free=st.integers(-300, 1_000), pending=AMOUNTS)
POOL_PARTS = st.builds(Part, free=st.integers(-300, 1_000), is_pool=st.just(True))


@st.composite
def spreads(draw):
    places = draw(st.dictionaries(st.sampled_from("abcdefgh"), PARTS))
    unallotted, impounded, posted = draw(st.tuples(st.integers(-500, 2_000), AMOUNTS, AMOUNTS))
    free = sum(p.free for p in places.values())
    pending = sum(p.pending for p in places.values())
    spread = Spread(
        limit=unallotted + impounded + posted + free + pending,
        unallotted=unallotted,
        impounded=impounded,
        places=places,
    )
    return spread, posted


@given(spreads(), st.integers(0, 5_000))
def test_moving_money_conserves_it(seen, limit):
    spread, posted = seen
    placed = gathered(spread, limit)

    places = placed.unallotted + placed.impounded + sum(placed.free.values())
    assert limit == places + spread.pending + posted


@given(spreads(), st.integers(0, 5_000))
def test_no_more_can_be_spent_from_the_places_than_is_left_in_all(seen, limit):
    spread, posted = seen
    placed = gathered(spread, limit)

    left = limit - spread.pending - posted
    spendable = sum(max(0, part) for part in (placed.unallotted, *placed.free.values()))
    assert spendable <= max(0, left)


@given(spreads(), st.integers(0, 5_000), st.data())
def test_no_more_can_be_spent_whatever_the_running_calls_give_back(seen, limit, data):
    spread, posted = seen
    placed = gathered(spread, limit)
    returned = {
        name: data.draw(st.integers(0, part.pending)) for name, part in spread.places.items()
    }

    left = limit - spread.pending - posted + sum(returned.values())
    free = [placed.free[name] + returned[name] for name in placed.free]
    assert sum(max(0, part) for part in (placed.unallotted, *free)) <= max(0, left)


@given(spreads(), st.dictionaries(st.sampled_from("PQR"), POOL_PARTS, min_size=1), AMOUNTS)
def test_what_calls_behind_a_pool_give_back_pays_the_whole_debt_first(seen, pools, returned):
    spread, _ = seen
    places = {**spread.places, **pools}
    spread = replace(spread, places=places, unallotted=-5_000 - spread.left)
    debt = -spread.left

    placed = gathered(spread, spread.limit)

    for pool in pools:
        assert placed.free[pool] + returned <= max(0, returned - debt)
    assert placed.unallotted + placed.impounded + sum(placed.free.values()) == spread.left


@given(spreads(), st.dictionaries(st.sampled_from("XYZ"), PARTS, min_size=1))
def test_no_debt_stays_behind_a_pool_and_what_is_seen_is_what_is_left(seen, behind):
    spread, _ = seen
    behind = {name: replace(part, is_behind_pool=True) for name, part in behind.items()}
    spread = replace(spread, places={**spread.places, **behind})

    placed = gathered(spread, spread.limit)

    assert [placed.free[name] for name in behind] == [0] * len(behind)
    places = [placed.free[name] for name in spread.places if name not in behind]
    assert placed.unallotted + placed.impounded + sum(places) == spread.left


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(0, 10**9))
def test_a_refill_is_enough_and_never_more_than_there_is(needed, call, unallotted):
    take = refill_amount(needed, call, unallotted)

    assert take <= unallotted
    assert take >= min(needed, unallotted)


def test_a_refill_is_worth_several_calls_however_little_is_missing():
    assert refill_amount(1, 100, 10**6) == 3_200


def test_a_refill_shrinks_to_what_is_needed_as_the_budget_runs_out():
    assert refill_amount(100, 100, 1_500) == 100


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(0, 10**9))
def test_a_pool_takes_enough_and_never_more_than_there_is(needed, call, unallotted):
    take = pool_refill_amount(needed, call, unallotted)

    assert min(needed, unallotted) <= take <= unallotted


@given(st.integers(1, 10**6), st.integers(0, 10**9))
def test_a_pool_leaves_most_of_a_window_to_others(call, unallotted):
    assert pool_refill_amount(0, call, unallotted) <= unallotted // 16


@given(st.integers(0, 10**15), st.integers(1, 10**5))
def test_what_is_left_alone_and_what_is_stranded_are_together_one_percent(limit, shards):
    together = shards * shard_free_max(limit, shards) + nearly_spent(limit, 1)

    assert 100 * together <= limit


@given(st.integers(0, 10**15), st.integers(1, 10**5))
def test_idle_shards_behind_pools_keep_a_small_share_of_the_limit(limit, shards):
    assert shards * shard_free_max(limit, shards) <= limit // STRANDED_SHARE


@given(st.integers(0, 10**15))
def test_a_shard_is_filled_with_room_for_what_comes_back(free_max):
    target = shard_free_target(free_max)

    assert free_max // 2 <= target <= free_max
    assert free_max < 2 or target < free_max
