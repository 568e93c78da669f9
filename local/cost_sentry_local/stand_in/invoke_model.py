"""InvokeModel: each family's own request and answer, translated to and from Converse's."""

from typing import Any

from cost_sentry_local.stand_in.control import orders
from cost_sentry_local.stand_in.errors import invalid
from cost_sentry_local.stand_in.provider import Result

Json = dict[str, Any]


def converse_request(family: str, body: object) -> Json:
    """A family's native body as a Converse request.

    Raises:
        BedrockError: ValidationException, if the body is not the family's.
    """
    if not isinstance(body, dict):
        raise invalid("Malformed input request, please reformat your input and try again.")
    try:
        return _REQUESTS[family](body)
    except (KeyError, TypeError) as problem:
        raise invalid(f"Malformed input request: {problem} is missing or wrong.") from problem


def native_answer(family: str, result: Result) -> Json:
    """A result in the family's own words."""
    return _ANSWERS[family](result)


def _claude_request(body: Json) -> Json:
    messages = [
        {"role": message["role"], "content": _claude_content(message["content"])}
        for message in body["messages"]
    ]
    request: Json = {
        "messages": messages,
        "inferenceConfig": {"maxTokens": body["max_tokens"]},
        "additionalModelRequestFields": {n: body[n] for n in ("thinking",) if n in body},
        "requestMetadata": orders(**body.get("standIn", {})),
    }
    if body.get("system"):
        request["system"] = _claude_content(body["system"])
    return request


def _claude_content(content: str | list[Json]) -> list[Json]:
    if isinstance(content, str):
        return [{"text": content}]
    return [{"text": block["text"]} for block in content if block.get("type") == "text"]


def _nova_request(body: Json) -> Json:
    return body | {"messages": body["messages"]}


def _llama_request(body: Json) -> Json:
    return _prompt_request(body, body.get("max_gen_len", 512))


def _mistral_request(body: Json) -> Json:
    return _prompt_request(body, body.get("max_tokens", 512))


def _prompt_request(body: Json, limit: int) -> Json:
    return {
        "messages": [{"role": "user", "content": [{"text": body["prompt"]}]}],
        "inferenceConfig": {"maxTokens": limit},
        "requestMetadata": orders(**body.get("standIn", {})),
    }


def _claude_answer(result: Result) -> Json:
    usage = result.usage
    return {
        "id": "msg_bdrk_stand_in",
        "type": "message",
        "role": "assistant",
        "content": [{"type": "text", "text": _text(result)}],
        "stop_reason": result.answer.stop_reason,
        "usage": {"input_tokens": usage.input, "output_tokens": usage.output},
    }


def _nova_answer(result: Result) -> Json:
    return {
        "output": {"message": {"role": "assistant", "content": result.answer.content}},
        "stopReason": result.answer.stop_reason,
        "usage": result.usage.to_json(),
    }


def _llama_answer(result: Result) -> Json:
    return {
        "generation": _text(result),
        "prompt_token_count": result.usage.input,
        "generation_token_count": result.usage.output,
        "stop_reason": "length" if result.answer.stop_reason == "max_tokens" else "stop",
    }


def _mistral_answer(result: Result) -> Json:
    stop = "length" if result.answer.stop_reason == "max_tokens" else "stop"
    return {"outputs": [{"text": _text(result), "stop_reason": stop}]}


def _text(result: Result) -> str:
    return "".join(block.get("text", "") for block in result.answer.content)


_REQUESTS = {
    "claude": _claude_request,
    "nova": _nova_request,
    "llama": _llama_request,
    "mistral": _mistral_request,
}
_ANSWERS = {
    "claude": _claude_answer,
    "nova": _nova_answer,
    "llama": _llama_answer,
    "mistral": _mistral_answer,
}
