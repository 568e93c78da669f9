"""Refusing what Bedrock refuses before a model runs."""

from typing import Any

from cost_sentry_local.stand_in.errors import invalid
from cost_sentry_local.stand_in.model_extras import check_extras
from cost_sentry_local.stand_in.models import Model
from cost_sentry_local.stand_in.prompt import modalities

Json = dict[str, Any]


def check(request: object, model: Model) -> Json:
    """A Converse request that the model can take.

    Raises:
        BedrockError: ValidationException, with Bedrock's words where they are known.
    """
    if not isinstance(request, dict):
        raise invalid("The request body is not a JSON object.")
    _check_messages(request.get("messages"))
    _check_abilities(request, model)
    _check_inference(request.get("inferenceConfig") or {}, model)
    check_extras(request, model)
    return request


def _check_messages(messages: object) -> None:
    if not isinstance(messages, list) or not messages:
        raise invalid("The messages field is required and must not be empty.")
    for place, message in enumerate(messages):
        if not isinstance(message, dict) or message.get("role") not in ("user", "assistant"):
            raise invalid(f"messages.{place}.role must be user or assistant.")
        content = message.get("content")
        if not isinstance(content, list) or not content:
            raise invalid(
                f"The content field in the Message object at messages.{place} is empty."
                " Add a ContentBlock object to the content field and try again."
            )
        for number, block in enumerate(content):
            _check_block(block, f"messages.{place}.content.{number}")
    if messages[0]["role"] != "user":
        raise invalid("A conversation must start with a user message.")


def _check_block(block: object, where: str) -> None:
    if not isinstance(block, dict) or len(block) != 1:
        raise invalid(f"The ContentBlock object at {where} must set exactly one member.")
    text = block.get("text")
    if "text" in block and (not isinstance(text, str) or not text.strip()):
        raise invalid(
            f"The text field in the ContentBlock object at {where} is blank."
            " Add text to the text field, and try again."
        )


def _check_abilities(request: Json, model: Model) -> None:
    if request.get("toolConfig") and not model.tools:
        raise invalid("This model doesn't support tool use.")
    if request.get("system") and not model.system:
        raise invalid("This model doesn't support system messages.")
    for kind in sorted(modalities(request) - model.modalities):
        raise invalid(f"This model doesn't support the {kind} content block that you provided.")


def _check_inference(config: Json, model: Model) -> None:
    asked = config.get("maxTokens")
    if asked is not None:
        if isinstance(asked, bool) or not isinstance(asked, int | float) or asked < 1:
            raise invalid(f"inferenceConfig.maxTokens is {asked!r}; it must be at least 1.")
        if asked > model.output:
            raise invalid(
                f"The maximum tokens you requested exceeds the model limit of {model.output}."
                f" Try again with a maximum tokens value that is lower than {model.output}."
            )
    for name in ("temperature", "topP"):
        value = config.get(name)
        if value is not None and not 0 <= value <= 1:
            raise invalid(f"inferenceConfig.{name} is {value!r}; it must be between 0 and 1.")
