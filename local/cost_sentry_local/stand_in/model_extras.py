"""What only some models take, refused by the others as Bedrock refuses it.

Messages about extra fields are Bedrock's own, as callers have reported them; the words about
reasoning and output schemas are ours.
"""

from typing import Any

from cost_sentry_local.stand_in.errors import BedrockError, invalid
from cost_sentry_local.stand_in.models import Model
from cost_sentry_local.stand_in.prompt import blocks

Json = dict[str, Any]

_FIELDS = {
    "claude": frozenset({
        "anthropic_beta", "context_management", "output_config", "reasoning_config", "thinking",
        "tool_choice", "tools", "top_k",
    }),
    "nova": frozenset({"inferenceConfig", "reasoningConfig"}),
    "llama": frozenset[str](),
    "mistral": frozenset({"response_format", "safe_prompt", "top_k"}),
}  # fmt: skip
_OUTPUT_SCHEMAS = frozenset({"claude"})


def check_extras(request: Json, model: Model) -> None:
    """Refuse what this model does not know.

    Raises:
        BedrockError: ValidationException.
    """
    for name in request.get("additionalModelRequestFields") or {}:
        if name not in _FIELDS[model.family]:
            raise _extraneous(name, model.family)
    if not model.reasoning and any("reasoningContent" in block for block in blocks(request)):
        raise invalid(
            "This model doesn't support the reasoningContent content block that you provided."
        )
    if request.get("outputConfig") and model.family not in _OUTPUT_SCHEMAS:
        raise invalid("This model doesn't support the outputConfig field.")


def _extraneous(name: str, family: str) -> BedrockError:
    if family == "claude":
        return invalid(
            f"The model returned the following errors: {name}: Extra inputs are not permitted"
        )
    return invalid(
        f"Malformed input request: #: extraneous key [{name}] is not permitted,"
        " please reformat your input and try again."
    )
