"""Requests that the sentry must take, as an application would send them."""

from typing import Any

from hypothesis import strategies as st

from cost_sentry.adapters.converse_shapes import members_of, request_shape
from tests.fakes.converse_values import DOCUMENTS, arm, values

REQUEST: dict[str, Any] = {
    "modelId": "anthropic.claude-sonnet-4-5-20250929-v1:0",
    "messages": [{"role": "user", "content": [{"text": "Why is the sky blue?"}]}],
    "tags": {"team": "search"},
}
"""The smallest."""


def request(**changes: Any) -> dict[str, Any]:
    return {**REQUEST, **changes}


def _list_item(name: str) -> Any:
    return members_of(request_shape())[name].member


def _tools() -> st.SearchStrategy:
    config = members_of(request_shape())["toolConfig"]
    tool = members_of(config)["tools"].member
    priced = arm(tool, "toolSpec") | arm(tool, "cachePoint")
    choice = values(members_of(config)["toolChoice"])
    tools = st.lists(priced, min_size=1, max_size=2)
    return st.fixed_dictionaries({"tools": tools}, optional={"toolChoice": choice})


def valid_requests(always: str | None = None) -> st.SearchStrategy:
    """Every content block and every field that the sentry takes, in any combination.

    ``always`` names a field that each of them has.
    """
    shape = request_shape()
    whole = {
        name: values(member)
        for name, member in members_of(shape).items()
        if name not in ("modelId", "messages", "promptVariables")
    }
    whole |= {
        "toolConfig": _tools(),
        "additionalModelRequestFields": DOCUMENTS.filter(lambda d: not _names_output(d)),
        "serviceTier": st.just({"type": "default"}),
        "performanceConfig": st.sampled_from([{}, {"latency": "standard"}]),
        "inferenceConfig": st.fixed_dictionaries(
            {}, optional={"maxTokens": st.integers(1, 10**6), "temperature": st.floats(0, 1)}
        ),
        "requestId": st.from_regex(r"[A-Za-z0-9._:-]{1,128}", fullmatch=True),
        "priority": st.sampled_from(["critical", "normal", "low"]),
        "lowerOutputLimit": st.booleans(),
    }
    required = {
        "modelId": st.just(REQUEST["modelId"]),
        "messages": st.lists(
            values(_list_item("messages")).map(_seen).map(_with_words), min_size=1, max_size=2
        ).map(_opened),
        "tags": st.just({"team": "search", "application": "web"}),
    }
    whole["system"] = whole["system"].map(_spoken)
    if always in whole:
        required[always] = whole.pop(always)
    return st.fixed_dictionaries(required, optional=whole)


def _with_words(message: dict[str, Any]) -> dict[str, Any]:
    """The same with something said in it, for nothing is refused."""
    return {**message, "content": _spoken(message["content"]) or [{"text": "a"}]}


def _opened(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same, started by the user."""
    return [{**messages[0], "role": "user"}, *messages[1:]]


def _spoken(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"text": f"a{b['text']}"} if "text" in b else b for b in blocks]


def _seen(value: Any) -> Any:
    """The same with bytes wherever a file lay in S3, which the sentry refuses."""
    match value:
        case {"s3Location": {"uri": _}}:
            return {"bytes": "iVBO"}
        case dict():
            return {name: _seen(item) for name, item in value.items()}
        case list():
            return [_seen(item) for item in value]
        case _:
            return value


def _names_output(document: dict[str, Any]) -> bool:
    names = {*document, *(n for v in document.values() if isinstance(v, dict) for n in v)}
    return "n" in {name.casefold().replace("_", "").replace("-", "") for name in names}
