"""What the stand-in says: plain sentences of the asked length, a tool call, or its reasoning."""

import hashlib
from dataclasses import dataclass
from typing import Any

from cost_sentry_local.stand_in.control import Control
from cost_sentry_local.stand_in.prompt import last_text
from cost_sentry_local.stand_in.tokenizer import text_tokens, words
from cost_sentry_local.stand_in.tool_call import tool_call, tool_call_tokens, wants_tool

Json = dict[str, Any]

_SHORTEST, _SPREAD = 40, 120
_REASONING_TOKENS = 32
_BLOCKED = "Sorry, this request was blocked by the guardrail."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An assistant's message, why it ended, and what it counts."""

    content: list[Json]
    stop_reason: str
    tokens: int


def guardrail_blocks(request: Json) -> bool:
    """Whether a guardrail is set and the prompt asks to be caught, with ``#blocked``."""
    return bool(request.get("guardrailConfig")) and "#blocked" in last_text(request)


def blocked() -> Answer:
    """The answer of a guardrail that stopped the prompt before the model saw it."""
    return Answer(content=[{"text": _BLOCKED}], stop_reason="guardrail_intervened", tokens=0)


def answer(request: Json, control: Control, limit: int, *, reasoning: bool) -> Answer:
    """Answer a checked request within ``limit`` output tokens.

    Args:
        request: Converse's request.
        control: the output length to replay, if any.
        limit: the smaller of ``maxTokens`` and what the model can write.
        reasoning: whether the model can reason aloud.
    """
    if control.output_tokens is not None:
        return _of_length(control.output_tokens, limit)
    if wants_tool(request) and tool_call_tokens(request) <= limit:
        call = tool_call(request)
        return Answer(content=[call], stop_reason="tool_use", tokens=tool_call_tokens(request))
    if reasoning and _asks_reasoning(request):
        return _reasoned(request, limit)
    return _of_length(_length(request), limit, greeting=_greeting(request))


def _of_length(tokens: int, limit: int, greeting: str = "") -> Answer:
    kept = min(tokens, limit)
    said = text_tokens(greeting)
    text = words(kept) if said >= kept else " ".join(filter(None, (greeting, words(kept - said))))
    return Answer(
        content=[{"text": text}] if kept else [],
        stop_reason="max_tokens" if tokens > limit else "end_turn",
        tokens=kept,
    )


def _reasoned(request: Json, limit: int) -> Answer:
    thought = min(_REASONING_TOKENS, limit - 1)
    spoken = _of_length(_length(request), limit - thought)
    text = words(thought)
    signature = hashlib.sha256(text.encode()).hexdigest()
    block = {"reasoningContent": {"reasoningText": {"text": text, "signature": signature}}}
    return Answer(
        content=[block, *spoken.content],
        stop_reason=spoken.stop_reason,
        tokens=thought + spoken.tokens,
    )


def _asks_reasoning(request: Json) -> bool:
    fields = request.get("additionalModelRequestFields") or {}
    asked = fields.get("thinking") or fields.get("reasoning_config") or {}
    return asked.get("type") == "enabled" or "#reason" in last_text(request)


def _length(request: Json) -> int:
    digest = hashlib.sha256(last_text(request).encode()).digest()
    return _SHORTEST + digest[0] * _SPREAD // 256


def _greeting(request: Json) -> str:
    return f"This is the local stand-in for {request['modelId']} and it only counts:"
