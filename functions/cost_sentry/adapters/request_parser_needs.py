"""What a request asks of a model, read from its content blocks."""

from collections.abc import Iterator, Mapping

from botocore.model import ListShape, Shape

from cost_sentry.adapters.converse_shapes import is_document, members_of, request_shape
from cost_sentry.domain.invocation import InvocationPath, Needs

_MEDIA = frozenset({"image", "document", "video", "audio"})
_TOOLS = frozenset({"toolConfig", "toolUse", "toolResult", "toolAddition", "toolRemoval"})
_BLOB = "(blob)"


def needs_and_path(converse: Mapping[str, object]) -> tuple[Needs, InvocationPath]:
    """What the model must be able to do, and which branch can carry the content."""
    used = frozenset(_members_used(request_shape(), converse))
    needs = Needs(
        modalities=frozenset({"text"}) | (used & _MEDIA),
        tools=bool(used & _TOOLS),
        system="system" in used,
        prompt_cache="cachePoint" in used,
    )
    return needs, InvocationPath.LAMBDA if _BLOB in used else InvocationPath.DIRECT


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
