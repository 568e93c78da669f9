"""In which order models that may serve a request are tried: the cheapest that is good enough first.

A tier says how much a model is able to do, a larger number more. Which tier a request requires is
said by a rule, or by what a larger model is worth. Rules advise, they never spend.
"""

from collections.abc import Sequence
from operator import itemgetter
from typing import NamedTuple

from cost_sentry.domain.service_tier import STANDARD

SMALL, MIDDLE, LARGE = range(3)
TIER_NAMES = ("small", "middle", "large")
"""By tier."""
SERVED_PERCENT = (0, 50, 100)
"""By tier: of the prompts that a small model is not enough for, those that it is assumed to be.

Nobody has measured a model in the middle; half is in the middle.
"""
_COST = itemgetter(2, 3)
"""Of a ``RoutedModel``: what it costs, then its place."""
_TIER = itemgetter(1)
_THOUSAND = 1_000
_HUNDRED = 100


class RoutedModel(NamedTuple):
    """A model that may serve the request. A tuple, for a decision makes twenty of them."""

    model_id: str
    tier: int
    expected_picodollars: int
    """Of this request."""
    rung: int
    """Its place in the configuration, for models that cost the same."""
    service_tier: str = STANDARD
    """Tried first, and priced if that is cheaper."""


class Place(NamedTuple):
    """A model's place in the order, and why it is there."""

    model: RoutedModel
    reason: str


def is_worth_its_price(
    complexity_thousandths: int, *, extra_picodollars: int, worth_picodollars: int
) -> bool:
    """Whether a larger model is likely enough to be needed for what it costs more.

    Args:
        complexity_thousandths: how likely the smaller model is not enough.
        extra_picodollars: that the larger one is expected to cost more.
        worth_picodollars: of an answer that the smaller one could not have given.
    """
    return complexity_thousandths * worth_picodollars >= _THOUSAND * extra_picodollars


def tier_by_worth(
    models: Sequence[RoutedModel], complexity_thousandths: int, worth_picodollars: int
) -> int:
    """The tier up from the cheapest model that is worth its price; ``SMALL`` if none is.

    Args:
        models: at least one.
        complexity_thousandths: how likely a small model is not enough.
        worth_picodollars: of a right answer that a smaller model could not have given.
    """
    by_cost = sorted(models, key=_COST)
    best, required = by_cost[0], SMALL
    for tier in (MIDDLE, LARGE):
        up = next((model for model in by_cost if model.tier >= tier > best.tier), None)
        if up is None:
            continue
        more = SERVED_PERCENT[up.tier] - SERVED_PERCENT[best.tier]
        if is_worth_its_price(
            complexity_thousandths * more // _HUNDRED,
            extra_picodollars=up.expected_picodollars - best.expected_picodollars,
            worth_picodollars=worth_picodollars,
        ):
            best, required = up, tier
    return required


def in_order(models: Sequence[RoutedModel], required_tier: int) -> tuple[Place, ...]:
    """All of them: those that reach the tier, cheapest first; then the largest of the rest."""
    required = TIER_NAMES[required_tier]
    by_cost = sorted(models, key=_COST)
    reaching = [model for model in by_cost if model.tier >= required_tier]
    # Sorting keeps the order of those that are alike, so the cheaper of a tier stays first.
    below = sorted(
        [model for model in by_cost if model.tier < required_tier], key=_TIER, reverse=True
    )
    reaches = f"reaches tier {required}, and costs no less"
    places = [Place(model, reaches) for model in reaching]
    if places:
        places[0] = Place(reaching[0], f"the cheapest that reaches tier {required}")
    places += [
        Place(model, f"tier {TIER_NAMES[model.tier]} is below the required {required}")
        for model in below
    ]
    return tuple(places)
