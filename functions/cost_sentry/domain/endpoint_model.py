"""A SageMaker endpoint as a model of ``sentry.yaml``: its price, what it can do, and its sleep.

Its instances cost the same whatever is asked of them, so no list has a price of its tokens. The
operator writes one down, above zero: without one no budget would bound what its callers use.
"""

from dataclasses import dataclass
from enum import StrEnum

from cost_sentry.domain.model_card import ModelCard
from cost_sentry.domain.price_book import ModelPrice, TokenRates

WAIT_SECONDS_MAX = 180
"""That a call waits for one. An execution has 290 s; an endpoint answers within 60 s, or SageMaker
gives up on it ("Invoke models for real-time inference": a container has 60 seconds)."""


class WhileAsleep(StrEnum):
    """What becomes of a call that finds it asleep."""

    REROUTE = "reroute"
    """Its ladder serves the call at once; it waits only if no rung can."""
    WAIT = "wait"
    """It waits first; its ladder serves what has waited long enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointModel:
    """What a configuration says of one."""

    name: str
    """Of the endpoint, in this account and Region."""
    component: str | None = None
    """The inference component that is called; ``None``: the endpoint has none."""
    input: int
    """Picodollars for a token of the prompt, as an operator wrote them down; never 0."""
    output: int
    context_tokens: int
    output_tokens_max: int
    system: bool = True
    """Its chat template takes a system prompt."""
    asleep: WhileAsleep = WhileAsleep.REROUTE
    wait_seconds_max: int = 0
    """So long a call waits for it to wake, since its execution began."""

    def price(self, model_id: str) -> ModelPrice:
        """As a price book would say it."""
        return ModelPrice(model_id=model_id, rates=TokenRates(input=self.input, output=self.output))

    def card(self, model_id: str) -> ModelCard:
        """What it takes: what is translated for it, which is text in turns."""
        return ModelCard(
            model_id=model_id,
            context_tokens=self.context_tokens,
            output_tokens_max=self.output_tokens_max,
            modalities=frozenset({"text"}),
            tools=False,
            system=self.system,
            streaming=False,
            prompt_cache=False,
            on_converse=False,
        )
