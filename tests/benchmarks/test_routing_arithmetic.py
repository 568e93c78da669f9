"""Splits, sums and intervals of the routing benchmark, against known values."""

import random
from math import log

import pytest

from benchmarks.decisions.answered import Answered
from benchmarks.decisions.fit import fitted
from benchmarks.decisions.halves import halves
from benchmarks.decisions.learning import learned, solved
from benchmarks.decisions.mixes import Mixed, interval, resampled, table_of
from benchmarks.decisions.routers import Estimated, above, shortest_first
from benchmarks.decisions.routing_rows import rows_of
from cost_sentry.domain.complexity import ComplexityWeights, FeatureWeight, features_of


def prompt(number, *, cheap=1.0, dear=1.0, prices=(1, 11), text="prompt"):
    return Answered(
        text=f"{text} {number}",
        cheap=cheap,
        dear=dear,
        cheap_picodollars=prices[0],
        dear_picodollars=prices[1],
        features=features_of([text]),
    )


@pytest.mark.parametrize("count", [2, 9, 100])
def test_no_prompt_is_on_both_sides_and_each_is_tested_once(count) -> None:
    prompts = [prompt(number) for number in range(count)]

    both = list(halves(prompts, seed=7))

    for learn_from, test_on in both:
        assert set(learn_from).isdisjoint(test_on)
        assert sorted([*learn_from, *test_on]) == list(range(count))
    assert sorted(place for _, test_on in both for place in test_on) == list(range(count))


def test_a_seed_names_a_split() -> None:
    prompts = [prompt(number) for number in range(50)]

    assert list(halves(prompts, 1)) == list(halves(prompts, 1))
    assert list(halves(prompts, 1)) != list(halves(prompts, 2))


def test_a_prompt_that_is_there_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="more than once"):
        list(halves([prompt(1), prompt(1)], 1))


def mixed_of(prompts, shares) -> Mixed:
    (found,) = table_of(prompts, [shares]).mixed()
    return found


FOUR = [
    prompt(1, cheap=0, dear=1),
    prompt(2, cheap=1, dear=1),
    prompt(3, cheap=1, dear=0),
    prompt(4, cheap=0, dear=1),
]
"""Always cheap is right in 2 of 4, always dear in 3; asking costs 1 or 11."""


def test_a_router_is_compared_with_the_line_between_cheap_and_dear() -> None:
    found = mixed_of(FOUR, [1, 0, 0, 0])

    assert found.accuracy == 0.75
    assert found.cost_ratio == pytest.approx((3 * 1 + 11) / 44)
    assert found.gain == pytest.approx(0.75 - (0.5 + 0.25 * 0.25))
    assert found.gain_by_calls == found.gain


def test_what_costs_more_must_gain_more() -> None:
    """The long prompt costs as much as the three others together."""
    prompts = [*FOUR[:3], prompt(4, cheap=0, dear=1, prices=(3, 33))]

    found = mixed_of(prompts, [0, 0, 0, 1])

    assert found.gain == pytest.approx(0.25 - 0.5 * 0.25)
    assert found.gain_by_calls == pytest.approx(0.25 - 0.25 * 0.25)


@pytest.mark.parametrize("share", [0, 0.3, 1])
def test_a_random_mix_gains_nothing_over_itself(share) -> None:
    assert mixed_of(FOUR, [share] * 4).gain == pytest.approx(0)


def test_a_saving_is_what_a_random_mix_as_accurate_costs_more() -> None:
    """It is right in 3 of 4 for 14; a random mix would have to be always dear, for 44."""
    assert mixed_of(FOUR, [1, 0, 0, 0]).saving == pytest.approx(1 - 14 / 44)


def test_resampled_sums_are_sums_over_the_drawn_prompts() -> None:
    table = table_of(FOUR, [[1, 0, 0, 0]])

    (found,) = table.mixed([0, 0, 2, 2])

    assert (found.prompts, found.cheap, found.dear) == (4, 2, 2)
    assert (found.gained, found.spent, found.sent) == (2, 20, 2)


def test_an_interval_is_the_middle_95_percent() -> None:
    assert interval(list(range(1001))) == (25, 975)
    assert interval([3.0]) == (3.0, 3.0)


def test_the_bootstrap_finds_the_interval_of_a_coin() -> None:
    """Of 400 tosses: 0.5, give or take 1.96 times the root of 0.25 in 400, which is 0.049."""
    coins = [prompt(number, cheap=number % 2, dear=1) for number in range(400)]
    tables = [table_of(coins, [[0.0] * 400])]

    low, high = interval([one[0].accuracy for one in resampled(tables, 2_000, seed=1)])

    assert low == pytest.approx(0.5 - 0.049, abs=0.006)
    assert high == pytest.approx(0.5 + 0.049, abs=0.006)


def test_the_luck_of_what_was_learned_from_widens_the_interval() -> None:
    prompts = [prompt(number, cheap=0, dear=1) for number in range(100)]
    good, bad = table_of(prompts, [[1.0] * 100]), table_of(prompts, [[0.0] * 100])

    ends = interval([one[0].accuracy for one in resampled([good, bad], 200, seed=1)])

    assert ends == (0, 1)


def test_rows_tell_the_mean_of_all_splits() -> None:
    splits = [
        {name: [0.0] * 4 for name in NAMES} | {"ours, 50%": shares}
        for shares in ([1.0, 0, 0, 0], [0, 0, 1.0, 0])
    ]

    rows, _ = rows_of(FOUR, splits, resamples=20)

    found = {row["router"]: row for row in rows}
    assert found["ours, 50%"]["accuracy"] == 0.5
    assert found["random mix, as ours, 50%"]["accuracy"] == pytest.approx(0.5625)
    assert found["ours, 50%"]["gain_over_random_mix_at_equal_cost"] == pytest.approx(-0.0625)


NAMES = [
    f"{kind}, {share}%"
    for kind in ("ours", "ours with prices", "shortest first, as ours with prices")
    for share in (25, 50, 75)
]


def test_equations_are_solved() -> None:
    assert solved([[0, 2], [3, 1]], [4, 5]) == pytest.approx([1, 2])


def test_logistic_regression_finds_the_odds() -> None:
    """Where the column is one, three in four are; where it is zero, one in four."""
    column, answers = [0.0] * 4 + [1.0] * 4, [1.0, 0, 0, 0, 1, 1, 1, 0]

    intercept, slope = learned([[1.0] * 8, column], answers, [1.0] * 8, ridge=0, free=2)

    assert (intercept, slope) == pytest.approx((-log(3), 2 * log(3)), abs=1e-4)


def test_rows_count_by_their_weight() -> None:
    (intercept,) = learned([[1.0, 1.0]], [1.0, 0.0], [3.0, 1.0], ridge=0, free=1)

    assert intercept == pytest.approx(log(3), abs=1e-4)


def test_a_ridge_pulls_to_zero_and_leaves_the_free_ones() -> None:
    random_one = random.Random(1)
    column = [random_one.gauss(0, 1) for _ in range(200)]
    answers = [float(value > 0) for value in column]

    loose, tight = (
        learned([[1.0] * 200, column], answers, [1.0] * 200, ridge=ridge, free=1)[1]
        for ridge in (1, 100)
    )

    assert 0 < tight < loose


def test_which_data_set_a_prompt_is_from_teaches_nothing() -> None:
    """All of one set are right and all of the other wrong, and only that tells them apart."""
    right = [prompt(number, cheap=0.99, text="one two three") for number in range(40)]
    wrong = [prompt(number, cheap=0.01, text="1 + 1 = 2") for number in range(40)]

    weights = fitted([right, wrong])

    assert {one.weight for one in weights.features.values()} == {0}


WORD_LENGTH = ComplexityWeights(
    intercept=0,
    features={"word_length": FeatureWeight(centre=5_000, scale=1_000, weight=1_000)},
    turn=0,
    tool=0,
)


def test_a_router_is_set_to_send_a_share() -> None:
    prompts = [
        prompt(n, text="x" * length, prices=(1, 1 + 10 * length))
        for n, length in enumerate((2, 3, 4, 5, 6, 7, 8, 9))
    ]
    setting = Estimated(prompts, WORD_LENGTH)

    by_estimate = [setting.by_estimate(0.25)(one) for one in prompts]
    assert by_estimate == [False] * 5 + [True] * 3
    assert sum(setting.by_worth(0.25)(one) for one in prompts) == 3


def test_a_threshold_sends_what_reaches_it() -> None:
    assert above(500, WORD_LENGTH)(prompt(1, text="abcde fghij"))
    assert not above(501, WORD_LENGTH)(prompt(1, text="abcde fghij"))


def test_the_control_spends_as_much_on_the_cheapest_prompts() -> None:
    prompts = [prompt(1, prices=(1, 31)), prompt(2, prices=(1, 11)), prompt(3, prices=(1, 21))]

    assert shortest_first(prompts, 20) == [0, 1, 0.5]
    assert shortest_first(prompts, 0) == [0, 0, 0]
