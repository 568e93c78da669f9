"""Nothing said: what Bedrock always refuses, before any money is held for it."""

import string
from collections.abc import Iterator, Mapping

from cost_sentry.adapters.request_parser_problems import Path, Problems

_BLANK = string.whitespace
"""Of ASCII. Whether another white space alone is a text, Bedrock may decide, unbilled."""


def check_blank(request: Mapping[str, object], problems: Problems) -> None:
    """Note every message without content, and every text of messages and system that is blank."""
    for path, message in _objects(("messages",), request.get("messages")):
        if message.get("content") == []:
            problems.add((*path, "content"), "is empty", "at least one content block")
        for block_path, block in _objects((*path, "content"), message.get("content")):
            _check_text(block_path, block, problems)
    for path, block in _objects(("system",), request.get("system")):
        _check_text(path, block, problems)


def _check_text(path: Path, block: Mapping[str, object], problems: Problems) -> None:
    text = block.get("text")
    if isinstance(text, str) and not text.strip(_BLANK):
        problems.add((*path, "text"), "is blank", "text that is more than white space")


def _objects(path: Path, items: object) -> Iterator[tuple[Path, Mapping[str, object]]]:
    for position, item in enumerate(items if isinstance(items, list) else []):
        if isinstance(item, Mapping):
            yield (*path, position), item
