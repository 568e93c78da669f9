"""What a request asks of a model, read from its content blocks."""

from collections.abc import Iterator, Mapping

from botocore.model import ListShape, Shape

from cost_sentry.adapters.converse_shapes import is_document, members_of, request_shape
from cost_sentry.domain.invocation import InvocationPath, Needs

_MEDIA = frozenset({"image", "document", "video", "audio"})
_TOOLS = frozenset({"toolConfig", "toolUse", "toolResult", "toolAddition", "toolRemoval"})
_CACHE_POINTS = frozenset({"cachePoint", "cache_control"})
"""Converse's own name, and Anthropic's in ``additionalModelRequestFields``."""
_BLOB = "(blob)"


def needs_and_path(converse: Mapping[str, object]) -> tuple[Needs, InvocationPath]:
    """What the model must be able to do, and which branch can carry the content."""
    used = frozenset(_members_used(request_shape(), converse))
    added = frozenset(_names_within(converse.get("additionalModelRequestFields")))
    needs = Needs(
        modalities=frozenset({"text"}) | (used & _MEDIA),
        tools=bool(used & _TOOLS),
        system="system" in used or _has_system_message(converse),
        prompt_cache=bool(_CACHE_POINTS & (used | added)),
    )
    return needs, InvocationPath.LAMBDA if _BLOB in used else InvocationPath.DIRECT


def _has_system_message(converse: Mapping[str, object]) -> bool:
    messages = converse.get("messages")
    return isinstance(messages, list) and any(m.get("role") == "system" for m in messages)


def _members_used(shape: Shape, value: object) -> Iterator[str]:
    """Names of all members set at any depth, documents left out; ``_BLOB`` where bytes are."""
    if shape.type_name == "blob":
        yield _BLOB
    elif isinstance(value, list) and isinstance(shape, ListShape):
        for item in value:
            yield from _members_used(shape.member, item)
    elif isinstance(value, Mapping) and not is_document(shape):
        members = members_of(shape)
        for name in value.keys() & members.keys():
            yield name
            yield from _members_used(members[name], value[name])


def _names_within(document: object) -> Iterator[str]:
    """Every name at any depth of a document."""
    match document:
        case dict():
            yield from document
            for inner in document.values():
                yield from _names_within(inner)
        case list():
            for inner in document:
                yield from _names_within(inner)
