"""When a window owes; what a refill is worth, to the picodollar."""

import pytest

from cost_sentry.domain.allotment import (
    Part,
    Spread,
    nearly_spent,
    pool_refill_amount,
    refill_amount,
    shard_free_max,
    shard_free_target,
)


def spread(*free, impounded=0):
    places = {f"search/app{n}": Part(free=amount) for n, amount in enumerate(free)}
    return Spread(limit=1_000, unallotted=0, impounded=impounded, places=places)


@pytest.mark.parametrize(
    "owing",
    [spread(-1, 5), spread(5, -1), spread(5, impounded=1), spread(impounded=1)],
    ids=["the first place", "the last place", "covered twice, paid once", "no place is left"],
)
def test_a_window_is_in_debt_while_a_place_owes_or_a_debt_is_covered_more_than_once(owing):
    assert owing.in_debt is True


@pytest.mark.parametrize("sound", [spread(), spread(0, 0), spread(0, 5)])
def test_a_window_whose_places_owe_nothing_is_not_in_debt(sound):
    assert sound.in_debt is False


def test_a_part_that_is_only_free_money_is_held_by_no_call():
    assert Part(free=5) == Part(free=5, pending=0, assumed=0, is_pool=False)
    assert spread(5).crowded is False


@pytest.mark.parametrize(
    ("needed", "unallotted", "amount"),
    [
        (10, 1_000_000, 3_200),
        (10, 16 * 3_200 - 1, 3_199),
        (10, 160, 10),
        (10, 10, 10),
        (3_900, 1_000_000, 3_900),
    ],
    ids=["32 calls' worth", "a sixteenth of what is there", "what is needed", "all", "much"],
)
def test_a_refill_for_calls_of_100_is_worth_several_of_them_until_money_runs_out(
    needed, unallotted, amount
):
    assert refill_amount(needed, 100, unallotted) == amount


@pytest.mark.parametrize(
    ("needed", "unallotted", "amount"),
    [
        (10, 192 * 4_000, 4_000),
        (10, 192 * 3_200 - 1, 3_200),
        (10, 160, 10),
        (10, 10, 10),
        (3_900, 100_000, 3_900),
    ],
    ids=["one part in 192", "as an account", "what is needed", "all", "much"],
)
def test_a_pool_takes_a_small_part_and_of_little_as_much_as_an_account(needed, unallotted, amount):
    assert pool_refill_amount(needed, 100, unallotted) == amount


@pytest.mark.parametrize(
    ("limit", "call", "little"),
    [(2_200 * 32, 1, 32), (2_200 * 32 - 1, 1, 0), (2_200 * 320, 10, 320), (2_200 * 320, 11, 0)],
)
def test_one_part_in_2200_is_as_good_as_nothing_where_it_pays_for_32_calls(limit, call, little):
    assert nearly_spent(limit, call) == little


@pytest.mark.parametrize("limit", [0, -2_200])
def test_a_limit_of_nothing_has_no_last_money(limit):
    assert nearly_spent(limit, 1) == 0


@pytest.mark.parametrize(
    ("limit", "shards", "free_max"),
    [(110 * 50, 1, 50), (110 * 50, 10, 5), (110 * 50 - 1, 10, 4), (110, 0, 1), (-110, 1, 0)],
)
def test_idle_shards_behind_pools_keep_together_one_part_in_110_of_a_limit(limit, shards, free_max):
    assert shard_free_max(limit, shards) == free_max


def test_a_shard_behind_a_pool_is_filled_to_three_quarters_of_what_it_may_keep():
    assert [shard_free_target(free_max) for free_max in (0, 1, 4, 100)] == [0, 0, 3, 75]
