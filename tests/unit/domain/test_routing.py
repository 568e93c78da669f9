"""In which order models are tried."""

import pytest

from cost_sentry.domain.routing import (
    LARGE,
    MIDDLE,
    SMALL,
    RoutedModel,
    TierThresholds,
    in_order,
    is_worth_its_price,
    tier_of,
)


def model(name, tier, cost, rung=0):
    return RoutedModel(model_id=name, tier=tier, expected_picodollars=cost, rung=rung)


NANO, SMALL_ONE, MID, BIG = (
    model("nano", 0, 10),
    model("small", 0, 20),
    model("mid", 1, 50),
    model("big", 2, 900),
)


@pytest.mark.parametrize(
    ("tier", "order"),
    [
        (SMALL, ["nano", "small", "mid", "big"]),
        (MIDDLE, ["mid", "big", "nano", "small"]),
        (LARGE, ["big", "mid", "nano", "small"]),
    ],
)
def test_the_cheapest_that_is_good_enough_comes_first_and_then_the_largest_of_the_rest(tier, order):
    found = in_order([BIG, SMALL_ONE, MID, NANO], tier)

    assert [place.model.model_id for place in found] == order


def test_each_place_says_why():
    found = in_order([NANO, MID, BIG], MIDDLE)

    assert [(place.model.model_id, place.reason) for place in found] == [
        ("mid", "the cheapest that reaches tier 1"),
        ("big", "reaches tier 1, and costs no less"),
        ("nano", "tier 0 is below the required 1"),
    ]


def test_where_nothing_reaches_the_tier_the_largest_is_tried_and_says_so():
    found = in_order([NANO, MID], LARGE)

    assert found[0].model is MID
    assert found[0].reason == "tier 1 is below the required 2"


def test_of_models_that_cost_the_same_the_higher_rung_comes_first():
    asked, rung = model("asked", 1, 50, rung=0), model("rung", 1, 50, rung=3)

    assert [place.model for place in in_order([rung, asked], SMALL)] == [asked, rung]


def test_nothing_to_order_is_no_order():
    assert in_order([], LARGE) == ()


@pytest.mark.parametrize(
    ("estimate", "tier"),
    [(0, SMALL), (299, SMALL), (300, MIDDLE), (449, MIDDLE), (450, LARGE), (1000, LARGE)],
)
def test_an_estimate_requires_a_tier_from_its_threshold_on(estimate, tier):
    assert tier_of(estimate, TierThresholds(middle=300, large=450)) == tier


@pytest.mark.parametrize(
    ("estimate", "extra", "worth", "is_worth_it"),
    [
        (500, 10, 20, True),
        (499, 10, 20, False),
        (0, 1, 10**12, False),
        (0, 0, 5, True),
        (1000, 7, 7, True),
        (1, -5, 0, True),
    ],
)
def test_a_larger_model_is_worth_what_it_costs_more_if_it_is_needed_often_enough(
    estimate, extra, worth, is_worth_it
):
    found = is_worth_its_price(estimate, extra_picodollars=extra, worth_picodollars=worth)

    assert found is is_worth_it
