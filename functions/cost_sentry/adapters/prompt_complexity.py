"""The complexity estimate of a request, from its texts; none of them is kept (P10).

However many messages it has, some from the beginning and from the end are looked at, and of each as
many blocks: no more texts count.
"""

from collections.abc import Iterator, Mapping, Sequence

from cost_sentry.adapters.packaged_complexity import packaged_weights
from cost_sentry.domain.complexity import TEXTS_MAX, PromptCounts, complexity_thousandths
from cost_sentry.domain.invocation import InvocationRequest


def estimated_complexity(request: InvocationRequest) -> int | None:
    """In thousandths; what was estimated before, or ``None`` if the request has no text."""
    if request.complexity_thousandths is not None:
        return request.complexity_thousandths
    texts = list(_texts(request.converse))
    if not texts:
        return None
    counts = PromptCounts(turns=_turns(request.converse), tools=_tools(request.converse))
    return complexity_thousandths(texts, packaged_weights(), counts)


def _texts(converse: Mapping[str, object]) -> Iterator[str]:
    """Text blocks of the system prompt and of the messages that are looked at, in order."""
    for block in _edges(_objects(converse.get("system"))):
        yield from _text(block)
    for message in _edges(_objects(converse.get("messages"))):
        for block in _edges(_objects(message.get("content"))):
            yield from _text(block)


def _text(block: Mapping[str, object]) -> Iterator[str]:
    text = block.get("text")
    if isinstance(text, str):
        yield text


def _turns(converse: Mapping[str, object]) -> int:
    """Of the messages that are looked at: more turns than these have do not count."""
    messages = _edges(_objects(converse.get("messages")))
    return sum(message.get("role") == "user" for message in messages)


def _tools(converse: Mapping[str, object]) -> int:
    config = converse.get("toolConfig")
    return len(_objects(config.get("tools"))) if isinstance(config, Mapping) else 0


def _edges(items: Sequence[Mapping[str, object]]) -> Sequence[Mapping[str, object]]:
    """All, if they are few; or else the first and the last of them."""
    half = TEXTS_MAX // 2
    return items if len(items) <= TEXTS_MAX else [*items[:half], *items[-half:]]


def _objects(items: object) -> Sequence[Mapping[str, object]]:
    return items if isinstance(items, list) else ()
