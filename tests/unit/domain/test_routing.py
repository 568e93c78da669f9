"""In which order models are tried."""

import pytest

from cost_sentry.domain.routing import (
    LARGE,
    MIDDLE,
    SMALL,
    RoutedModel,
    in_order,
    is_worth_its_price,
    tier_by_worth,
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
        ("mid", "the cheapest that reaches tier middle"),
        ("big", "reaches tier middle, and costs no less"),
        ("nano", "tier small is below the required middle"),
    ]


def test_where_nothing_reaches_the_tier_the_largest_is_tried_and_says_so():
    found = in_order([NANO, MID], LARGE)

    assert found[0].model is MID
    assert found[0].reason == "tier middle is below the required large"


def test_of_models_that_cost_the_same_the_higher_rung_comes_first():
    asked, rung = model("asked", 1, 50, rung=0), model("rung", 1, 50, rung=3)

    assert [place.model for place in in_order([rung, asked], SMALL)] == [asked, rung]


def test_nothing_to_order_is_no_order():
    assert in_order([], LARGE) == ()


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


@pytest.mark.parametrize(
    ("estimate", "worth", "tier"),
    [
        (1000, 0, SMALL),
        (0, 10**9, SMALL),
        (1000, 79, SMALL),
        (1000, 80, MIDDLE),
        (500, 160, MIDDLE),
        (1000, 1_699, MIDDLE),
        (1000, 1_700, LARGE),
        (100, 17_000, LARGE),
    ],
)
def test_a_tier_is_required_from_where_its_answers_are_worth_what_it_costs_more(
    estimate, worth, tier
):
    """Half of what a small model fails at is enough for the middle: 40 more, and then 850."""
    assert tier_by_worth([NANO, SMALL_ONE, MID, BIG], estimate, worth) == tier


def test_a_larger_model_may_be_worth_it_where_the_middle_is_not():
    middle = model("dear middle", MIDDLE, 880)

    assert tier_by_worth([NANO, middle, BIG], 1000, 1_000) == LARGE


def test_a_larger_model_that_costs_less_is_no_step_up():
    bargain = model("bargain", LARGE, 5)

    assert tier_by_worth([NANO, MID, bargain], 1000, 10**9) == SMALL
    assert in_order([NANO, MID, bargain], SMALL)[0].model is bargain
