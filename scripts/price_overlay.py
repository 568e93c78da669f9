"""The corrections of ``price_overlay.toml``. Each must name its source, and must still matter."""

import dataclasses
import tomllib
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from cost_sentry.domain.price_book import ContextTier, ModelPrice, TokenRates
from scripts.price_source import Book, picodollars_per_token

Row = Mapping[str, Any]
REQUIRED = ("models", "source", "seen")


class OverlayError(Exception):
    """A correction is malformed, matches nothing, or changes nothing any more."""


def read_overlay(path: Path) -> dict[str, Any]:
    """The overlay; ``OverlayError`` for a kind of correction that does not exist."""
    overlay = tomllib.loads(path.read_text(encoding="utf-8"))
    if unknown := sorted(overlay.keys() - {"renamed", *_KINDS}):
        raise OverlayError(f"unknown kind of correction: {', '.join(unknown)}")
    return overlay


def renamed(overlay: Mapping[str, Any]) -> dict[str, str]:
    """Bedrock's own model ids by the names that the source gives them."""
    return {row["source_id"]: row["model_id"] for row in overlay.get("renamed", [])}


def apply_overlay(book: Book, overlay: Mapping[str, Any]) -> Book:
    """The book with every correction applied, kind by kind in the order of ``_KINDS``."""
    result = dict(book)
    for kind, correct in _KINDS.items():
        for row in overlay.get(kind, []):
            before = dict(result)
            _check(kind, row)
            correct(result, row)
            if result == before:
                raise OverlayError(f"[[{kind}]] for {row['models']} changes nothing: remove it")
    return result


def _check(kind: str, row: Row) -> None:
    if missing := [name for name in REQUIRED if not row.get(name)]:
        raise OverlayError(f"[[{kind}]] for {row.get('models')} lacks {', '.join(missing)}")


def _same_price(book: Book, row: Row) -> None:
    """These places charge what another place charges."""
    for model in _models(book, row):
        for place in row["places"]:
            book[model, place] = book[model, row["of"]]


def _multiple(book: Book, row: Row) -> None:
    """These places charge another place's rates times a factor."""
    factor = Decimal(row["times"])
    for model in _models(book, row):
        for place in row["places"]:
            book[model, place] = _each_rate(book[model, row["of"]], lambda rate: rate * factor)


def _price(book: Book, row: Row) -> None:
    """These places charge exactly this, in dollars per million tokens."""
    names = [field.name for field in dataclasses.fields(TokenRates)]
    rates = TokenRates(
        **{name: picodollars_per_token(Decimal(row[name])) for name in names if name in row}
    )
    for model in row["models"]:
        for place in row["places"]:
            book[model, place] = ModelPrice(model_id=model, rates=rates)


def _tier(book: Book, row: Row) -> None:
    """A prompt above this length multiplies the rates, wherever the model is priced."""
    into, out = Decimal(row["input_times"]), Decimal(row["output_times"])
    for key, price in _entries(book, row):
        dearer = _each_rate(price, lambda rate: rate * into).rates
        dearer = dataclasses.replace(dearer, output=_whole(price.rates.output * out))
        tier = ContextTier(above_prompt_tokens=row["above_prompt_tokens"], rates=dearer)
        tiers = sorted((*price.context_tiers, tier), key=lambda each: each.above_prompt_tokens)
        book[key] = dataclasses.replace(price, context_tiers=tuple(tiers))


def _fill(book: Book, row: Row) -> None:
    """Cache writes that the source does not price, as multiples of the input rate."""
    for key, price in _entries(book, row):
        book[key] = _each_rates(price, lambda rates: _filled(rates, row))


def _filled(rates: TokenRates, row: Row) -> TokenRates:
    """A model without a price for cache reads has no prompt cache: nothing to fill."""
    if rates.cache_read is None:
        return rates
    known = {
        name: _whole(rates.input * Decimal(row[f"{name}_times_input"]))
        for name in ("cache_write_5m", "cache_write_1h")
        if f"{name}_times_input" in row and getattr(rates, name) is None
    }
    return dataclasses.replace(rates, **known)


def _caches_unasked(book: Book, row: Row) -> None:
    """These models may write their cache without a cache point in the request."""
    for key, price in _entries(book, row):
        book[key] = dataclasses.replace(price, caches_unasked=True)


_KINDS: dict[str, Callable[[Book, Row], None]] = {
    "same_price": _same_price,
    "multiple": _multiple,
    "price": _price,
    "tier": _tier,
    "fill": _fill,
    "caches_unasked": _caches_unasked,
}


def _models(book: Book, row: Row) -> list[str]:
    """Model ids of the book that the row's patterns name; every pattern must name one."""
    ids = sorted({model for model, _ in book})
    found = {pattern: [i for i in ids if fnmatchcase(i, pattern)] for pattern in row["models"]}
    if idle := [pattern for pattern, models in found.items() if not models]:
        raise OverlayError(f"no model of the book is called {', '.join(idle)}")
    return sorted({model for models in found.values() for model in models})


def _entries(book: Book, row: Row) -> Iterator[tuple[tuple[str, str], ModelPrice]]:
    models = _models(book, row)
    yield from [(key, price) for key, price in book.items() if key[0] in models]


def _each_rates(price: ModelPrice, change: Callable[[TokenRates], TokenRates]) -> ModelPrice:
    tiers = (dataclasses.replace(t, rates=change(t.rates)) for t in price.context_tiers)
    return dataclasses.replace(price, rates=change(price.rates), context_tiers=tuple(tiers))


def _each_rate(price: ModelPrice, change: Callable[[int], Decimal]) -> ModelPrice:
    def changed(rates: TokenRates) -> TokenRates:
        known = {n: v for n, v in dataclasses.asdict(rates).items() if v is not None}
        return TokenRates(**{name: _whole(change(rate)) for name, rate in known.items()})

    return _each_rates(price, changed)


def _whole(picodollars: Decimal) -> int:
    if picodollars != picodollars.to_integral_value():
        raise OverlayError(f"not whole picodollars per token: {picodollars}")
    return int(picodollars)
