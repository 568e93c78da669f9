"""What a request is expected to use, by which the router orders models; the ledger holds quotes."""

from typing import NamedTuple

from cost_sentry.application.candidates import asked_output_limit
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.price_book import ModelPrice, TokenRates, rates_at
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.service_tier import FlexPrice
from cost_sentry.domain.token_bound import UNBOUNDED_TOKENS, expected_tokens

OUTPUT_DIVIDED_BY = 2
"""An answer is expected to be half as long as it may be."""


class ExpectedUse(NamedTuple):
    """The same of every model, whatever its window and limits, so that only prices decide."""

    prompt_tokens: int
    output_tokens: int
    is_measured: bool
    """``False``: files are in it whose length is a guess, and no guess reaches a context tier."""

    def picodollars(self, price: ModelPrice, flex: FlexPrice | None = None) -> int:
        """What it costs at this price, or at the flexible tier's if the call may have that."""
        rates = rates_at(price, self.prompt_tokens) if self.is_measured else price.rates
        standard = self._cost(rates)
        # A long prompt's rates are the same at both tiers: see ``flex_price``.
        is_long = rates is not price.rates
        return standard if flex is None or is_long else min(standard, self._cost(flex))

    def _cost(self, rates: TokenRates | FlexPrice) -> int:
        return rates.input * self.prompt_tokens + rates.output * self.output_tokens


def expected_use(request: InvocationRequest, config: SentryConfig) -> ExpectedUse:
    """Of this request, from what is on record of it too: a simulation orders alike."""
    bound = request.input_bound_tokens
    return ExpectedUse(
        prompt_tokens=expected_tokens(bound, request.input_floor_tokens),
        output_tokens=asked_output_limit(request, config, None) // OUTPUT_DIVIDED_BY,
        is_measured=bound < UNBOUNDED_TOKENS,
    )
