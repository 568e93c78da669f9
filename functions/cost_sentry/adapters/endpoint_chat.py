"""A Converse request as a chat completion, which LMI, vLLM and TGI containers take, and back.

Sources: OpenAI's API reference, "Create chat completion"; LMI, "Chat completions API schema"; vLLM,
"OpenAI-compatible server"; TGI, "Messages API". Containers differ in what they add: a member that
is not named here is not looked at.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from cost_sentry.adapters.bedrock_errors import ModelAnswerBroken, ValidationException

Json = dict[str, Any]
_TRANSLATED = frozenset({"modelId", "messages", "system", "inferenceConfig"})
_SAYS_NOTHING = frozenset({"requestMetadata", "performanceConfig", "serviceTier"})
"""Of how Bedrock serves and logs; admission lets nothing but their defaults through."""
_INFERENCE = {
    "maxTokens": "max_tokens",
    "temperature": "temperature",
    "topP": "top_p",
    "stopSequences": "stop",
}
_STOP_REASONS = {
    "stop": "end_turn",
    "eos_token": "end_turn",
    "length": "max_tokens",
    "stop_sequence": "stop_sequence",
    "content_filter": "content_filtered",
}
"""vLLM and LMI say ``stop`` for both kinds of end; TGI has the two in the middle."""


def chat_request(converse: Mapping[str, Any]) -> Json:
    """The body of one call. ``ValidationException`` names what has no translation.

    Texts of one message are lines of it: not every container takes a list.
    """
    for name in sorted(converse.keys() - _TRANSLATED - _SAYS_NOTHING):
        if converse[name]:  # what is empty says nothing
            raise ValidationException(f"{name}: an endpoint does not take it")
    turns = [
        {"role": turn["role"], "content": _text(("messages", n), turn["content"])}
        for n, turn in enumerate(converse["messages"])
    ]
    if system := converse.get("system"):
        turns.insert(0, {"role": "system", "content": _text(("system",), system)})
    inference = converse.get("inferenceConfig", {})
    asked = {_INFERENCE[name]: value for name, value in inference.items() if name in _INFERENCE}
    return {"messages": turns, **asked}


def converse_answer(completion: object, latency_ms: int) -> Json:
    """What Converse would have answered. ``ModelAnswerBroken`` if this is no chat completion.

    Usage that is missing or malformed is left out: then the whole quote is posted (P6).
    """
    choice = _first_choice(completion)
    message = choice.get("message")
    if not isinstance(message, Mapping):
        raise ModelAnswerBroken("the answer is no chat completion: its choice has no message")
    usage = _usage(completion.get("usage") if isinstance(completion, Mapping) else None)
    return {
        "output": {"message": {"role": "assistant", "content": _content(message)}},
        "stopReason": _STOP_REASONS.get(str(choice.get("finish_reason")), "end_turn"),
        **({"usage": usage} if usage else {}),
        "metrics": {"latencyMs": latency_ms},
    }


def _text(path: Iterable[str | int], blocks: Iterable[Mapping[str, Any]]) -> str:
    texts = []
    for number, block in enumerate(blocks):
        if not isinstance(block.get("text"), str) or len(block) > 1:
            place = ".".join(str(part) for part in path)
            raise ValidationException(f"{place}, block {number}: an endpoint takes text only")
        texts.append(block["text"])
    return "\n".join(texts)


def _first_choice(completion: object) -> Mapping[str, Any]:
    choices = completion.get("choices") if isinstance(completion, Mapping) else None
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
        raise ModelAnswerBroken("the answer is no chat completion: it has no choices")
    return choices[0]


def _content(message: Mapping[str, Any]) -> list[Json]:
    """Reasoning, where a container tells it apart, and the answer; text is there in any case."""
    reasoning, text = message.get("reasoning_content"), message.get("content")
    thought = [{"reasoningContent": {"reasoningText": {"text": reasoning}}}]
    answer = {"text": text if isinstance(text, str) else ""}
    return [*(thought if isinstance(reasoning, str) and reasoning else ()), answer]


def _usage(usage: object) -> Json | None:
    if not isinstance(usage, Mapping):
        return None
    into, out = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if type(into) is not int or type(out) is not int or into < 0 or out < 0:
        return None
    return {"inputTokens": into, "outputTokens": out, "totalTokens": into + out}
