"""Routers between a cheap and a dear model. Each is set on some prompts and used on others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.decisions.answered import Answered
from cost_sentry.domain.complexity import THOUSAND, ComplexityWeights, weighed
from cost_sentry.domain.routing import is_worth_its_price

SHARES = (0.25, 0.5, 0.75)
"""Of the prompts that a router is set on: so many go to the dear model."""

Router = Callable[[Answered], bool]
"""Whether the dear model is asked."""


@dataclass(frozen=True, slots=True)
class Estimated:
    """Prompts and their estimates, as a router is set on them."""

    prompts: Sequence[Answered]
    weights: ComplexityWeights

    def by_estimate(self, share: float) -> Router:
        """Ours: the estimate reaches a threshold."""
        estimates = [weighed(prompt.features, self.weights) for prompt in self.prompts]
        threshold = round(_top(estimates, share))
        return above(threshold, self.weights)

    def by_worth(self, share: float) -> Router:
        """Ours with prices: the estimate is worth what the dear model costs more."""
        worths = [
            THOUSAND * prompt.extra_picodollars / max(weighed(prompt.features, self.weights), 1)
            for prompt in self.prompts
        ]
        worth = round(-_top([-one for one in worths], share))
        weights = self.weights

        def router(prompt: Answered) -> bool:
            return is_worth_its_price(
                weighed(prompt.features, weights),
                extra_picodollars=prompt.extra_picodollars,
                worth_picodollars=worth,
            )

        return router


def above(threshold: int, weights: ComplexityWeights) -> Router:
    """The dear model for whatever is estimated to be as hard as that."""
    return lambda prompt: weighed(prompt.features, weights) >= threshold


def shortest_first(prompts: Sequence[Answered], extra_picodollars: float) -> list[float]:
    """For each prompt its share of the dear model: the cheapest prompts, until so much is spent.

    The control of every router that knows prices: it looks at nothing but the price.
    """
    order = sorted(range(len(prompts)), key=lambda place: prompts[place].extra_picodollars)
    shares = [0.0] * len(prompts)
    left = extra_picodollars
    for place in order:
        price = prompts[place].extra_picodollars
        shares[place] = min(1.0, left / price)
        left -= shares[place] * price
        if left <= 0:
            break
    return shares


def oracle(prompt: Answered) -> bool:
    """Knows the answers: the dear model where it alone is right."""
    return prompt.dear > prompt.cheap


def _top(values: Sequence[float], share: float) -> float:
    """The value that this share of all reaches."""
    ordered = sorted(values, reverse=True)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
