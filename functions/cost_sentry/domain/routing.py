"""In which order models that may serve a request are tried: the cheapest that is good enough first.

A tier says how much a model is able to do, a larger number more. Which tier a request requires is
said by a rule for its type of task, or by the estimate of its complexity. Rules advise, they never
spend, and never forbid: what is below the required tier comes last, and is not left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

SMALL, MIDDLE, LARGE = range(3)
"""Tiers that an estimate can tell apart."""
_THOUSAND = 1_000


class RoutedModel(NamedTuple):
    """A model that may serve the request. A tuple, for a decision makes twenty of them."""

    model_id: str
    tier: int
    expected_picodollars: int
    """Of this request."""
    rung: int
    """Its place in the ladder, for models that cost the same; 0 is the model that was asked for."""


class Place(NamedTuple):
    """A model's place in the order, and why it is there."""

    model: RoutedModel
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TierThresholds:
    """Estimates of complexity, in thousandths, from which on a larger tier is required."""

    middle: int
    large: int
    """Not below ``middle``."""


def tier_of(complexity_thousandths: int, thresholds: TierThresholds) -> int:
    """The tier that a prompt of this complexity requires."""
    if complexity_thousandths >= thresholds.large:
        return LARGE
    return MIDDLE if complexity_thousandths >= thresholds.middle else SMALL


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


def in_order(models: Sequence[RoutedModel], required_tier: int) -> tuple[Place, ...]:
    """All of them: those that reach the tier, cheapest first; then the largest of the rest."""

    def key(model: RoutedModel) -> tuple[int, int, int]:
        lacking = required_tier - model.tier if model.tier < required_tier else 0
        return lacking, model.expected_picodollars, model.rung

    reaches = f"reaches tier {required_tier}, and costs no less"
    places = [
        Place(model, reaches if model.tier >= required_tier else _too_small(model, required_tier))
        for model in sorted(models, key=key)
    ]
    if places and places[0].model.tier >= required_tier:
        places[0] = Place(places[0].model, f"the cheapest that reaches tier {required_tier}")
    return tuple(places)


def _too_small(model: RoutedModel, required_tier: int) -> str:
    return f"tier {model.tier} is below the required {required_tier}"
