"""The price book and the model cards that are packaged with this code.

Two small files, read once, when the first price or card is asked for; neither genai-prices nor
pydantic is needed to read them.
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from cost_sentry.domain.errors import ConfigurationError
from cost_sentry.domain.model_card import ModelCard
from cost_sentry.domain.model_id import (
    NAMES_REMEMBERED,
    PROFILE_SCOPES,
    arn_region,
    base_model_id,
    profile_scope,
)
from cost_sentry.domain.price_book import ContextTier, ModelPrice, TokenRates, dearest_of

DATA = Path(__file__).parents[1] / "data"
REGIONAL = "regional"
GOVCLOUD = "us-gov"
REGIONS_OF_THE_REGIONAL_PRICE = frozenset({"us-east-1", "us-east-2", "us-west-2"})
"""Where a plain model id is known to cost what the source calls its regional price."""
_VERSION_DIGITS = 12
_RATES = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")


class PackagedPriceBook:
    """Prices and cards by model id, inference profile id, or the ARN of either.

    ``region`` is where a plain model id is called; some Regions charge more than us-east-1, and
    GovCloud has prices of its own. Without it the regional price is meant. A commercial Region
    outside ``REGIONS_OF_THE_REGIONAL_PRICE`` that has no price of its own is bounded by the
    dearest of all commercial prices of the model, rate by rate: too much at worst, never too
    little (P7).
    """

    def __init__(self, *, region: str | None = None, directory: Path = DATA) -> None:
        self._region = region
        self._directory = directory
        self._price_of = lru_cache(NAMES_REMEMBERED)(self._find_price)

    @property
    def region(self) -> str | None:
        """Where a plain model id is called; ``None``: nobody said."""
        return self._region

    @property
    def version(self) -> str:
        """Date and start of the checksum: ``2026-11-21+3f9a0c11d2e4``."""
        return f"{self.date}+{self.checksum[:_VERSION_DIGITS]}"

    @property
    def date(self) -> str:
        """The day whose prices these are, ISO 8601."""
        return str(self._document["date"])

    @property
    def checksum(self) -> str:
        """SHA-256 of the content, in hexadecimal."""
        return str(self._document["checksum"])

    def price(self, model_id: str) -> ModelPrice | None:
        """The price where this name is called; ``None`` for any name the book cannot place (P6)."""
        return self._price_of(model_id)

    def _find_price(self, model_id: str) -> ModelPrice | None:
        base = base_model_id(model_id)
        if scope := profile_scope(model_id):
            return self._prices.get((base, scope))
        region = arn_region(model_id) or self._region or ""
        if own := self._prices.get((base, region)):
            return own
        if region.startswith(GOVCLOUD):
            return self._prices.get((base, GOVCLOUD))
        if region in REGIONS_OF_THE_REGIONAL_PRICE or not region:
            return self._prices.get((base, REGIONAL))
        return self._bound(base)

    def card(self, model_id: str) -> ModelCard | None:
        """What the model behind this name can do; ``None`` if nobody wrote it down."""
        return self._cards.get(base_model_id(model_id))

    def model_ids(self) -> tuple[str, ...]:
        """Every model id and inference profile id with a price, sorted."""
        named = {price.model_id for price in self._prices.values()}
        return tuple(sorted(name for name in named if self.price(name) is not None))

    def _bound(self, base: str) -> ModelPrice | None:
        """At most this in any commercial Region; ``None`` for a model that is sold by profile."""
        if (base, REGIONAL) not in self._prices:
            return None
        commercial = [
            price
            for (model_id, place), price in self._prices.items()
            if model_id == base and not place.startswith(GOVCLOUD)
        ]
        return dearest_of(commercial, model_id=base)

    @cached_property
    def _document(self) -> Mapping[str, Any]:
        path = self._directory / "price_book.json"
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        found = checksum_of({k: v for k, v in document.items() if k != "checksum"})
        if found != document["checksum"]:
            raise ConfigurationError(
                f"{path.name} was changed by hand: its checksum is {found[:_VERSION_DIGITS]}…, "
                f"it says {document['checksum'][:_VERSION_DIGITS]}…; build it again"
            )
        return document

    @cached_property
    def _prices(self) -> Mapping[tuple[str, str], ModelPrice]:
        return {
            (row["model_id"], place): _price(row, place)
            for row in self._document["prices"]
            for place in row["places"]
        }

    @cached_property
    def _cards(self) -> Mapping[str, ModelCard]:
        text = (self._directory / "model_cards.toml").read_text(encoding="utf-8")
        return {
            model_id: _card(model_id, family)
            for family in tomllib.loads(text)["family"]
            for model_id in family["models"]
        }


def checksum_of(content: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical JSON of the book without its checksum: sorted, compact, ASCII."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def _price(row: Mapping[str, Any], place: str) -> ModelPrice:
    base = row["model_id"]
    return ModelPrice(
        model_id=f"{place}.{base}" if place in PROFILE_SCOPES else base,
        rates=_rates(row),
        context_tiers=tuple(
            ContextTier(above_prompt_tokens=tier["above_prompt_tokens"], rates=_rates(tier))
            for tier in row.get("context_tiers", ())
        ),
        caches_unasked=row.get("caches_unasked", False),
    )


def _rates(row: Mapping[str, Any]) -> TokenRates:
    return TokenRates(**{name: row[name] for name in _RATES if name in row})


def _card(model_id: str, family: Mapping[str, Any]) -> ModelCard:
    return ModelCard(
        model_id=model_id,
        context_tokens=family["context_tokens"],
        output_tokens_max=family["output_tokens_max"],
        modalities=frozenset(family["modalities"]),
        tools=family["tools"],
        system=family["system"],
        streaming=family["streaming"],
        prompt_cache=family["prompt_cache"],
        count_tokens=family.get("count_tokens", False),
        system_messages=family.get("system_messages", False),
        context_tokens_ceiling=family.get("context_tokens_ceiling"),
        takes=frozenset(family.get("takes", ())),
    )
