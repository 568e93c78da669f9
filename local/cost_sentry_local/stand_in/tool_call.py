"""A tool call that fits the tool's own schema."""

import hashlib
import json
from typing import Any

from cost_sentry_local.stand_in.prompt import last_text
from cost_sentry_local.stand_in.tokenizer import text_tokens

Json = dict[str, Any]

_VALUES: dict[str, Any] = {
    "string": "Berlin",
    "integer": 3,
    "number": 1.5,
    "boolean": True,
    "array": [],
    "null": None,
}


def wants_tool(request: Json) -> bool:
    """Whether the request offers tools and asks for one: by ``#tool`` or by its tool choice."""
    choice = (request.get("toolConfig") or {}).get("toolChoice") or {}
    forced = "any" in choice or "tool" in choice
    return bool(_tools(request)) and (forced or "#tool" in last_text(request))


def tool_call(request: Json) -> Json:
    """A ``toolUse`` block for the chosen tool, or the first."""
    spec = _chosen(request)
    schema = spec["inputSchema"]["json"]
    digest = hashlib.sha256(json.dumps(request["messages"], sort_keys=True).encode()).hexdigest()
    return {
        "toolUse": {
            "toolUseId": f"tooluse_{digest[:22]}",
            "name": spec["name"],
            "input": _example(schema),
        }
    }


def tool_call_tokens(request: Json) -> int:
    """Output tokens of the tool call."""
    return text_tokens(json.dumps(tool_call(request)["toolUse"]["input"])) + 8


def _tools(request: Json) -> list[Json]:
    tools = (request.get("toolConfig") or {}).get("tools", [])
    return [tool["toolSpec"] for tool in tools if "toolSpec" in tool]


def _chosen(request: Json) -> Json:
    tools = _tools(request)
    wanted = (request["toolConfig"].get("toolChoice") or {}).get("tool", {}).get("name")
    return next((tool for tool in tools if tool["name"] == wanted), tools[0])


def _example(schema: Json) -> Any:  # noqa: ANN401 - any JSON value, by the schema
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: _example(inner) for name, inner in properties.items()}
    return _VALUES[kind if isinstance(kind, str) else kind[0]]
