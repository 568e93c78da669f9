"""The item that says how far a shard's entries were projected. Pure."""

from collections.abc import Mapping
from typing import Any

from cost_sentry.adapters.ledger_items import Item, key
from cost_sentry.application.journal_progress import Progress


def progress_key(place: str) -> Mapping[str, Any]:
    """Of a shard's progress."""
    return key(f"PROJECTION#{place}", "PROGRESS")


def progress_of(item: Item | None) -> Progress:
    """The progress of an item, or of a shard that has none yet."""
    if item is None:
        return Progress()
    return Progress(
        projected=int(item.get("projected", {"N": "0"})["N"]),
        missing=numbers_in(item.get("missing")),
    )


def number_set(numbers: frozenset[int]) -> dict[str, list[str]]:
    """A DynamoDB set of numbers; never empty, because DynamoDB has no empty set."""
    return {"NS": [str(n) for n in sorted(numbers)]}


def numbers_in(attribute: Mapping[str, Any] | None) -> frozenset[int]:
    """The inverse of ``number_set``; none where there is no such attribute."""
    return frozenset(int(n) for n in (attribute or {}).get("NS", ()))
