"""The Bedrock rows of the installed genai-prices package, as our own prices."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

from genai_prices import data
from genai_prices.types import ModelInfo, Provider, TieredPrices

from cost_sentry.domain.model_id import PROFILE_SCOPES
from cost_sentry.domain.price_book import ContextTier, ModelPrice, TokenRates

Book = dict[tuple[str, str], ModelPrice]
"""By base model id and place: ``regional``, the scope of a profile, or one AWS Region."""

REGIONAL = "regional"
FIELDS = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write_5m",
    "cache_write_1h_mtok": "cache_write_1h",
}
# The package gives GovCloud the commercial price; AWS asks more there, as the overlay says.
DISTRUSTED_SCOPES = frozenset({"us-gov"})
NOWHERE = "nowhere"
NOISE_DOLLARS = Decimal("1e-9")


def picodollars_per_token(dollars_per_million: Decimal) -> int:
    """A price per million tokens as whole picodollars per token; ``ValueError`` if it is not one.

    What a double would leave behind (0.30000000000000004) is dropped; any real digit past the
    sixth is refused, never rounded.
    """
    rounded = dollars_per_million.quantize(Decimal("1e-6"))
    if dollars_per_million < 0 or abs(rounded - dollars_per_million) > NOISE_DOLLARS:
        raise ValueError(f"not whole picodollars per token: {dollars_per_million} $ per million")
    return int(rounded * 10**6)


def bedrock() -> Provider:
    """The provider whose models Bedrock serves."""
    return next(provider for provider in data.providers if provider.id == "aws")


def read_source(on: date, renamed: Mapping[str, str]) -> tuple[Book, dict[str, str]]:
    """Every price in force ``on`` that day, and why the other rows were left out.

    ``renamed``: Bedrock's own model ids by the names that the package gives them. ``ValueError``
    when the package no longer uses such a name.
    """
    book: Book = {}
    left_out: dict[str, str] = {}
    provider = bedrock()
    names = {_base(model.id) for model in provider.models}
    if idle := sorted(renamed.keys() - names):
        raise ValueError(f"genai-prices has no model called {', '.join(idle)}")
    for model in provider.models:
        prices = _prices(model, on)
        if why := _unusable(prices):
            left_out[model.id] = why
            continue
        base = renamed.get(_base(model.id), _base(model.id))
        price = _model_price(base, prices)
        book |= {(base, place): price for place in _places(provider, model, base)}
    return book, left_out


def _base(source_id: str) -> str:
    return re.sub(r"^(?:global|regional)\.", "", source_id)


def _prices(model: ModelInfo, on: date) -> dict[str, Decimal | TieredPrices]:
    prices = model.get_prices(datetime(on.year, on.month, on.day, tzinfo=UTC))
    return {name: price for name, price in vars(prices).items() if price is not None}


def _unusable(prices: Mapping[str, object]) -> str | None:
    if unknown := sorted(prices.keys() - FIELDS.keys()):
        return f"priced by {', '.join(unknown)}, which Converse does not report"
    if missing := sorted({"input_mtok", "output_mtok"} - prices.keys()):
        return f"has no {', '.join(missing)}: not a text model"
    return None


def _model_price(model_id: str, prices: Mapping[str, Decimal | TieredPrices]) -> ModelPrice:
    starts = {t.start for p in prices.values() if isinstance(p, TieredPrices) for t in p.tiers}
    return ModelPrice(
        model_id=model_id,
        rates=_rates(prices, None),
        context_tiers=tuple(
            ContextTier(above_prompt_tokens=start, rates=_rates(prices, start))
            for start in sorted(starts)
        ),
    )


def _rates(prices: Mapping[str, Decimal | TieredPrices], start: int | None) -> TokenRates:
    return TokenRates(
        **{FIELDS[name]: picodollars_per_token(_at(price, start)) for name, price in prices.items()}
    )


def _at(price: Decimal | TieredPrices, start: int | None) -> Decimal:
    """The price of the tier that begins at ``start``; the base price before every tier."""
    if not isinstance(price, TieredPrices):
        return price
    reached = [tier for tier in price.tiers if start is not None and tier.start <= start]
    return max(reached, key=lambda tier: tier.start).price if reached else price.base


def _places(provider: Provider, model: ModelInfo, base: str) -> list[str]:
    """Where the row speaks for this model.

    Most rows name their geographies. A row that would match a geography that does not exist looks
    at the model's name only: it holds the price of us-east-1, and says nothing of other places.
    """
    if model.is_match(f"{NOWHERE}.{base}"):
        scopes = ["us"]
    else:
        scopes = [
            scope
            for scope in PROFILE_SCOPES
            if scope not in DISTRUSTED_SCOPES and provider.find_model(f"{scope}.{base}") is model
        ]
    return scopes + [REGIONAL] * (provider.find_model(base) is model)
