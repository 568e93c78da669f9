"""What a request asks of a model, read from its content blocks."""

from collections.abc import Iterator, Mapping

from botocore.model import ListShape, Shape

from cost_sentry.adapters.converse_shapes import is_document, members_of, request_shape
from cost_sentry.domain.invocation import InvocationPath, Needs

_MEDIA = frozenset({"image", "document", "video", "audio"})
_TOOLS = frozenset({"toolConfig", "toolUse", "toolResult", "toolAddition", "toolRemoval"})
_CACHE_POINTS = frozenset({"cachePoint", "cache_control"})
"""Converse's own name, and Anthropic's in ``additionalModelRequestFields``."""
_VENDOR_PARTS = frozenset({
    "additionalModelRequestFields", "citations", "citationsContent", "outputConfig",
    "reasoningContent", "searchResult", "strict", "toolAddition", "toolRemoval",
})  # fmt: skip
"""Members that only some providers' models take, or that hold what one of them has signed.

Sources: Bedrock user guide, "Converse", "Reasoning", "Get validated JSON results from models"
(schemas and strict tools); callers' reports of what other models answer to them.
"""
_CONVERSE_PARTS = frozenset(
    {"additionalModelResponseFieldPaths", "guardrailConfig", "guardContent"}
)
"""Members that Bedrock itself acts on, for whichever model; no other API has them."""
_UNSET: tuple[object, ...] = (None, False, {}, [], {"enabled": False})
_BLOB = "(blob)"
_THINKING_BUDGET = "budgettokens"
"""``budget_tokens`` of Claude's thinking, in any spelling. Less than ``maxTokens``, or refused."""


def needs_and_path(converse: Mapping[str, object]) -> tuple[Needs, InvocationPath]:
    """What the model must be able to do, and which branch can carry the content."""
    used = frozenset(_members_used(request_shape(), converse))
    added = frozenset(n for n, _ in _members_within(converse.get("additionalModelRequestFields")))
    system_message = _system_message(converse)
    needs = Needs(
        modalities=frozenset({"text"}) | (used & _MEDIA),
        tools=bool(used & _TOOLS),
        system="system" in used or system_message is not None,
        system_message=system_message,
        prompt_cache=bool(_CACHE_POINTS & (used | added)),
        vendor_parts=used & _VENDOR_PARTS,
        converse_parts=used & _CONVERSE_PARTS,
    )
    return needs, InvocationPath.LAMBDA if _BLOB in used else InvocationPath.DIRECT


def thinking_tokens(converse: Mapping[str, object]) -> int:
    """What the caller sets aside of the output limit for thinking; 0 if nothing."""
    added = _members_within(converse.get("additionalModelRequestFields"))
    budgets = (value for name, value in added if _plain(name) == _THINKING_BUDGET)
    return max((0, *(b for b in budgets if type(b) is int)))


def _system_message(converse: Mapping[str, object]) -> int | None:
    messages = converse.get("messages")
    if not isinstance(messages, list):
        return None
    return next((n for n, message in enumerate(messages) if message.get("role") == "system"), None)


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
            if name not in _VENDOR_PARTS or value[name] not in _UNSET:
                yield name
            yield from _members_used(members[name], value[name])


def _members_within(document: object) -> Iterator[tuple[str, object]]:
    """Every name at any depth of a document, with its value."""
    match document:
        case dict():
            for name, inner in document.items():
                yield name, inner
                yield from _members_within(inner)
        case list():
            for inner in document:
                yield from _members_within(inner)


def _plain(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "")
