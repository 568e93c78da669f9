"""Calls of the Bedrock stand-in, written as short as a test needs them."""

from typing import Any

from cost_sentry_local.stand_in.control import orders

HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
NOVA = "amazon.nova-pro-v1:0"
LLAMA = "meta.llama3-1-8b-instruct-v1:0"
MISTRAL = "mistral.mistral-7b-instruct-v0:2"


def user(*blocks: Any) -> list[dict[str, Any]]:
    content = [{"text": block} if isinstance(block, str) else block for block in blocks]
    return [{"role": "user", "content": content}]


def ask(bedrock, text: str = "Tell me about budgets.", model: str = NOVA, **more: Any):
    return bedrock.converse(modelId=model, messages=user(text), **more)


def replay(**fields: Any) -> dict[str, Any]:
    return {"requestMetadata": orders(**fields)}
