"""For any models and any tier: nobody is left out, and the order is the promised one."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.domain.routing import (
    SERVED_PERCENT,
    SMALL,
    RoutedModel,
    in_order,
    tier_by_worth,
)

TIERS = st.integers(0, 2)
MODELS = st.lists(
    st.builds(
        RoutedModel,
        model_id=st.sampled_from(["a", "b", "c", "d"]),
        tier=TIERS,
        expected_picodollars=st.integers(0, 4),
        rung=st.integers(0, 20),
    ),
    max_size=12,
)
ESTIMATES = st.integers(0, 1000)


def ordered(models, tier):
    return [place.model for place in in_order(models, tier)]


@given(MODELS, TIERS)
def test_the_order_holds_each_model_once(models, tier):
    assert sorted(ordered(models, tier)) == sorted(models)


@given(MODELS, TIERS)
def test_nothing_below_the_tier_comes_before_what_reaches_it(models, tier):
    reaches = [model.tier >= tier for model in ordered(models, tier)]

    assert reaches == sorted(reaches, reverse=True)


@given(MODELS, TIERS)
def test_among_those_that_reach_it_none_comes_before_a_cheaper_one(models, tier):
    costs = [m.expected_picodollars for m in ordered(models, tier) if m.tier >= tier]

    assert costs == sorted(costs)


@given(MODELS, TIERS)
def test_among_the_rest_a_larger_one_comes_first_and_among_equals_the_cheaper(models, tier):
    rest = [m for m in ordered(models, tier) if m.tier < tier]

    for one, next_one in itertools.pairwise(rest):
        assert (-one.tier, one.expected_picodollars) <= (
            -next_one.tier,
            next_one.expected_picodollars,
        )


@given(MODELS, TIERS)
def test_models_that_are_alike_in_everything_keep_their_order(models, tier):
    def likeness(model):
        return model.tier, model.expected_picodollars, model.rung

    for _, alike in itertools.groupby(sorted(ordered(models, tier), key=likeness), key=likeness):
        found = list(alike)
        assert found == [m for m in models if likeness(m) == likeness(found[0])]


@given(st.lists(MODELS, min_size=1, max_size=1), TIERS, st.randoms(use_true_random=False))
def test_the_order_in_which_models_are_given_changes_nothing(given_models, tier, random_one):
    (models,) = given_models
    distinct = [m._replace(rung=number) for number, m in enumerate(models)]
    shuffled = distinct[:]
    random_one.shuffle(shuffled)

    assert ordered(shuffled, tier) == ordered(distinct, tier)


@given(MODELS, TIERS)
def test_the_reason_tells_whether_the_tier_is_reached(models, tier):
    for number, place in enumerate(in_order(models, tier)):
        is_below = place.model.tier < tier
        assert ("below" in place.reason) is is_below
        assert ("cheapest" in place.reason) is (number == 0 and not is_below)


@given(MODELS.filter(len), ESTIMATES, ESTIMATES, st.integers(0, 50))
def test_a_harder_prompt_never_requires_a_smaller_tier(models, one, other, worth):
    easier, harder = sorted((one, other))

    assert tier_by_worth(models, easier, worth) <= tier_by_worth(models, harder, worth)


@given(MODELS.filter(len), ESTIMATES, st.integers(0, 50), st.integers(0, 50))
def test_the_more_an_answer_is_worth_the_larger_the_tier(models, estimate, one, other):
    less, more = sorted((one, other))

    assert tier_by_worth(models, estimate, less) <= tier_by_worth(models, estimate, more)


@given(MODELS.filter(len), ESTIMATES, st.integers(0, 50))
def test_a_model_that_is_chosen_for_its_worth_is_worth_more_than_the_cheapest(
    models, estimate, worth
):
    """Never a threshold alone: what it costs more is paid by what it is likelier to get right."""
    first = in_order(models, tier_by_worth(models, estimate, worth))[0].model
    cheapest = in_order(models, SMALL)[0].model
    gained = SERVED_PERCENT[first.tier] - SERVED_PERCENT[cheapest.tier]
    extra = first.expected_picodollars - cheapest.expected_picodollars

    assert estimate * gained * worth >= 1000 * 100 * extra
