"""Write ``data/price_book.json`` from genai-prices and the overlay.

``python -m scripts.build_price_book --date 2026-11-21``; the same inputs and the same day always
give the same bytes. Prices are whole picodollars per token, so no float ever touches them.
"""

import argparse
import dataclasses
import json
import sys
from collections.abc import Mapping
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cost_sentry.adapters.packaged_price_book import checksum_of
from cost_sentry.domain.price_book import ModelPrice, TokenRates
from scripts.price_overlay import apply_overlay, read_overlay, renamed
from scripts.price_source import Book, read_source

DATA = Path(__file__).parents[1] / "functions" / "cost_sentry" / "data"
OVERLAY = DATA / "price_overlay.toml"
PRICE_BOOK = DATA / "price_book.json"


def build(on: date, overlay_path: Path = OVERLAY) -> str:
    """The whole book as text, for the prices in force ``on`` that day."""
    overlay = read_overlay(overlay_path)
    source, left_out = read_source(on, renamed(overlay))
    book = apply_overlay(source, overlay)
    content = {
        "date": on.isoformat(),
        "source": "genai-prices, provider aws, corrected by price_overlay.toml",
        "genai_prices_version": version("genai-prices"),
        "unit": "picodollars per token",
        "left_out": left_out,
        "prices": _rows(book),
    }
    return _text({"checksum": checksum_of(content), **content})


def _rows(book: Book) -> list[dict[str, Any]]:
    """One row for all places where a model costs the same."""
    places: dict[ModelPrice, list[str]] = {}
    for (_, place), price in book.items():
        places.setdefault(price, []).append(place)
    rows = [_row(price, sorted(where)) for price, where in places.items()]
    return sorted(rows, key=lambda row: (row["model_id"], row["places"]))


def _row(price: ModelPrice, places: list[str]) -> dict[str, Any]:
    row: dict[str, Any] = {"model_id": price.model_id, "places": places, **_known(price.rates)}
    if price.context_tiers:
        row["context_tiers"] = [
            {"above_prompt_tokens": tier.above_prompt_tokens, **_known(tier.rates)}
            for tier in price.context_tiers
        ]
    if price.caches_unasked:
        row["caches_unasked"] = True
    return row


def _known(rates: TokenRates) -> dict[str, int]:
    return {name: rate for name, rate in dataclasses.asdict(rates).items() if rate is not None}


def _text(document: Mapping[str, Any]) -> str:
    """JSON with one price row per line, so that a diff shows which price changed."""
    lines = [f"  {json.dumps(k)}: {json.dumps(v)}," for k, v in document.items() if k != "prices"]
    rows = ",\n".join(f"    {json.dumps(row)}" for row in document["prices"])
    return "\n".join(["{", *lines, '  "prices": [', rows, "  ]", "}", ""])


def main(arguments: list[str]) -> None:
    """Write the book of the day that ``--date`` names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--date", type=date.fromisoformat, required=True, help="YYYY-MM-DD")
    text = build(parser.parse_args(arguments).date)
    PRICE_BOOK.write_text(text, encoding="utf-8")
    print(f"{PRICE_BOOK.name}: {len(json.loads(text)['prices'])} rows, {len(text)} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
