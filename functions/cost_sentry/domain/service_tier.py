"""Service tiers of Amazon Bedrock: the same model, served sooner or later, at another price.

A call is served by the standard tier, unless it may wait and the configuration prices the flexible
one. A reservation says by its price version which tier it is priced at: ``2026-11-21+4d71/flex``.
"""

from dataclasses import dataclass, replace

from cost_sentry.domain.price_book import ModelPrice, TokenRates
from cost_sentry.domain.reservation import Reservation

STANDARD = "default"
"""Converse's name of the tier that answers as soon as it can."""
FLEX = "flex"
"""Of the one that may take longer, and costs less."""
_MARK = "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlexPrice:
    """Picodollars per token, as an operator wrote them down."""

    input: int
    output: int


def flex_price(standard: ModelPrice, flex: FlexPrice) -> ModelPrice:
    """The price of the same model at the flexible tier.

    What nobody wrote down stays as it is at the standard tier, which is no less: rates of the
    cache, and those of a long prompt.
    """
    known = standard.rates
    rates = TokenRates(
        input=flex.input,
        output=flex.output,
        cache_read=known.cache_read,
        cache_write_5m=known.cache_write_5m_bound,
        cache_write_1h=known.cache_write_1h_bound,
    )
    return replace(standard, rates=rates)


def price_version(book_version: str, service_tier: str) -> str:
    """What a reservation that is priced at this tier says."""
    return book_version if service_tier == STANDARD else f"{book_version}{_MARK}{service_tier}"


def served_model(model_id: str, service_tier: str) -> str:
    """A model as this tier serves it, for what is counted apart: one tier may fail alone."""
    return model_id if service_tier == STANDARD else f"{model_id}{_MARK}{service_tier}"


def model_held(held: Reservation) -> str:
    """The model of a reservation, as its tier serves it: what circuits and retries go by."""
    return served_model(held.model_used, service_tier_of(held.price_version))


def service_tier_of(version: str) -> str:
    """The tier that a price version speaks of."""
    _, mark, tier = version.partition(_MARK)
    return tier if mark else STANDARD
