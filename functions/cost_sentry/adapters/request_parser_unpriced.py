"""What Converse would take and the sentry refuses, because its cost has no known bound (P6, P7)."""

from collections.abc import Iterator, Mapping

from cost_sentry.adapters.request_parser_problems import (
    Path,
    Problems,
    described,
    one_of,
    shown,
)
from cost_sentry.domain.token_bound import VENDOR_TOOL_TYPES

NEVER_TAKEN = frozenset({"promptVariables"})
"""Fields of Converse that are refused whatever they hold."""

_OUTPUT_LIMITS = frozenset({
    "maxtokens", "maxtokenstosample", "maxtokencount", "maxgenlen", "maxnewtokens",
    "maxcompletiontokens", "maxoutputtokens", "maxlength",
})  # fmt: skip
"""Names under which model families take their output limit, without case, ``_`` and ``-``."""
_ANSWER_COUNTS = frozenset({"n", "bestof", "numgenerations", "numresults"})
"""Names under which they take how many answers to write."""
_MEDIA = ("image", "document", "video", "audio")


_TOOL_TYPES_PLAIN = frozenset({"custom", "function"})
"""Tools whose whole definition stands in the request."""


def check_unpriced(request: Mapping[str, object], problems: Problems) -> None:
    """Note every part of the request that the price book cannot bound."""
    _check_prompt_resource(request, problems)
    unknown = "the price of the others is unknown"
    wait = f"{unknown}; mayWait: true asks for flex where sentry.yaml prices it"
    _check_price_class(request, ("serviceTier", "type"), "default", wait, problems)
    _check_price_class(request, ("performanceConfig", "latency"), "standard", unknown, problems)
    _check_system_tools(request, problems)
    _check_s3_sources(request, problems)
    _check_additional_fields(request.get("additionalModelRequestFields"), problems)


def _check_prompt_resource(request: Mapping[str, object], problems: Problems) -> None:
    for name in NEVER_TAKEN & request.keys():
        allowed = "messages with the text itself: the price of a stored prompt is unknown"
        problems.add((name,), "is not supported", allowed)
    model_id = request.get("modelId")
    if isinstance(model_id, str) and model_id.startswith("arn:") and ":prompt/" in model_id:
        allowed = "a model or inference profile: which model a stored prompt calls is unknown"
        problems.add(("modelId",), f"is the ARN of a prompt, {shown(model_id)}", allowed)


def _check_price_class(
    request: Mapping[str, object], path: tuple[str, str], priced: str, why: str, problems: Problems
) -> None:
    outer = request.get(path[0])
    if isinstance(outer, Mapping) and isinstance(outer.get(path[1]), str):
        value = outer[path[1]]
        if value != priced:
            problems.add(path, f"is {shown(value)}", f"{priced}: {why}")


def _check_system_tools(request: Mapping[str, object], problems: Problems) -> None:
    config = request.get("toolConfig")
    tools = config.get("tools") if isinstance(config, Mapping) else None
    for position, tool in enumerate(tools if isinstance(tools, list) else []):
        if isinstance(tool, Mapping) and "systemTool" in tool:
            allowed = "toolSpec or cachePoint: a system tool adds tokens that nobody can bound"
            path = ("toolConfig", "tools", position, "systemTool")
            problems.add(path, "is not supported", allowed)


def _check_s3_sources(request: Mapping[str, object], problems: Problems) -> None:
    """No role of the sentry may read a bucket, and what nobody sees nobody can bound."""
    for path, block in _content_blocks(request):
        for kind in _MEDIA:
            media = block.get(kind)
            source = media.get("source") if isinstance(media, Mapping) else None
            if isinstance(source, Mapping) and "s3Location" in source:
                allowed = "bytes: the sentry does not read S3"
                problems.add((*path, kind, "source", "s3Location"), "is not supported", allowed)


def _content_blocks(request: Mapping[str, object]) -> Iterator[tuple[Path, Mapping[str, object]]]:
    """Every block that may hold a file: those of messages, and those of tool results in them."""
    for message_path, message in _objects(("messages",), request.get("messages")):
        for path, block in _objects((*message_path, "content"), message.get("content")):
            yield path, block
            result = block.get("toolResult")
            if isinstance(result, Mapping):
                yield from _objects((*path, "toolResult", "content"), result.get("content"))


def _objects(path: Path, items: object) -> Iterator[tuple[Path, Mapping[str, object]]]:
    for position, item in enumerate(items if isinstance(items, list) else []):
        if isinstance(item, Mapping):
            yield (*path, position), item


def _check_additional_fields(fields: object, problems: Problems) -> None:
    root = ("additionalModelRequestFields",)
    if fields is None:
        return
    if not isinstance(fields, dict):
        problems.add(root, f"is {described(fields)}", "an object")
        return
    for path in _outer_names(root, fields):
        name = str(path[-1]).replace("_", "").replace("-", "").casefold()
        if name in _OUTPUT_LIMITS:
            problems.add(path, "would set the output limit", "inferenceConfig.maxTokens")
        elif name in _ANSWER_COUNTS:
            problems.add(path, "would ask for more than one answer", "one answer per request")
    if "mcp_servers" in fields:
        allowed = "toolConfig: tools that a server names add tokens that nobody can bound"
        problems.add((*root, "mcp_servers"), "is not supported", allowed)
    _check_vendor_tools((*root, "tools"), fields.get("tools"), problems)


def _check_vendor_tools(path: Path, tools: object, problems: Problems) -> None:
    """A tool that is only named has a definition that the provider writes into the prompt."""
    for tool_path, tool in _objects(path, tools):
        kind = tool.get("type")
        known = kind in VENDOR_TOOL_TYPES | _TOOL_TYPES_PLAIN if isinstance(kind, str) else False
        if "type" in tool and not known:
            allowed = (
                f"{one_of(sorted(VENDOR_TOOL_TYPES))}: others add tokens that nobody can bound"
            )
            problems.add((*tool_path, "type"), f"is {shown(kind)}", allowed)


def _outer_names(root: Path, fields: dict[str, object]) -> Iterator[Path]:
    """Names of the object and of the objects directly in it: models read no limit deeper."""
    for name, value in fields.items():
        yield (*root, name)
        if isinstance(value, dict):
            yield from ((*root, name, inner) for inner in value)
