"""Whether a configuration fits into the one item that holds it, and what of it is largest."""

import json
from collections.abc import Mapping

from cost_sentry.domain.errors import ConfigurationError

DOCUMENT_BYTES_MAX = 350_000
"""DynamoDB refuses items above 400 KB; what is left is room for keys and growth."""
_PARTS_NAMED_MAX = 3


def document_text(document: object) -> str:
    """As it is stored: the whole document, or a part of it."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def largest_parts(document: Mapping[str, object]) -> list[tuple[str, int]]:
    """Members of the document by name, and how many bytes each takes; the largest first."""
    sizes = {name: _bytes(member) for name, member in document.items()}
    return sorted(sizes.items(), key=lambda part: part[1], reverse=True)


def fault_of_size(document: Mapping[str, object]) -> tuple[str, str] | None:
    """What is wrong with a document that is too large, and what fits; ``None`` if nothing is."""
    size = _bytes(document)
    if size <= DOCUMENT_BYTES_MAX:
        return None
    parts = largest_parts(document)[:_PARTS_NAMED_MAX]
    named = ", ".join(f"{name} {taken}" for name, taken in parts)
    return (
        f"the configuration takes {size} bytes in the ledger's table (most of them: {named})",
        f"at most {DOCUMENT_BYTES_MAX} fit: write fewer or shorter {parts[0][0]}",
    )


def must_fit(document: Mapping[str, object]) -> None:
    """``ConfigurationError`` if the document is too large to be stored."""
    fault = fault_of_size(document)
    if fault:
        raise ConfigurationError("; ".join(fault))


def _bytes(part: object) -> int:
    return len(document_text(part).encode())
