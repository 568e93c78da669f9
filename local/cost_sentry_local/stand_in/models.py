"""The models that the stand-in knows, with limits as their vendors publish them."""

import re
from dataclasses import dataclass

from cost_sentry_local.stand_in.errors import BedrockError, invalid

_PROFILE = re.compile(r"^(us|us-gov|eu|apac|jp|au|ca|sa|global)\.")
_ALL = frozenset({"text", "image", "document", "video"})
_IMAGES = frozenset({"text", "image", "document"})
_PAPER = frozenset({"text", "document"})
_TEXT = frozenset({"text"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What one model accepts; tokens throughout."""

    pattern: str
    family: str
    context: int
    output: int
    modalities: frozenset[str] = _IMAGES
    tools: bool = True
    system: bool = True
    cache_from: int | None = None
    """The shortest prefix that a cache point keeps; None if the model has no prompt cache."""
    reasoning: bool = False


_MODELS = tuple(
    Model(pattern=pattern, family=family, context=context, output=output, **more)  # type: ignore[arg-type]
    for pattern, family, context, output, more in (
        (
            r"anthropic\.claude-(sonnet|opus|haiku)-[45].*",
            "claude",
            200_000,
            64_000,
            {"cache_from": 1024, "reasoning": True},
        ),
        (
            r"anthropic\.claude-3-7-sonnet.*",
            "claude",
            200_000,
            64_000,
            {"cache_from": 1024, "reasoning": True},
        ),
        (r"anthropic\.claude-3-5-haiku.*", "claude", 200_000, 8_192, {"cache_from": 2048}),
        (r"anthropic\.claude-3-5-sonnet.*", "claude", 200_000, 8_192, {"cache_from": 1024}),
        (r"anthropic\.claude-3-(haiku|sonnet|opus).*", "claude", 200_000, 4_096, {}),
        (
            r"anthropic\.claude-.*",
            "claude",
            200_000,
            64_000,
            {"cache_from": 1024, "reasoning": True},
        ),
        (
            r"amazon\.nova-premier.*",
            "nova",
            1_000_000,
            10_000,
            {"modalities": _ALL, "cache_from": 1024},
        ),
        (r"amazon\.nova-2-.*", "nova", 1_000_000, 64_000, {"modalities": _ALL, "cache_from": 1024}),
        (
            r"amazon\.nova-(pro|lite).*",
            "nova",
            300_000,
            10_000,
            {"modalities": _ALL, "cache_from": 1024},
        ),
        (
            r"amazon\.nova-micro.*",
            "nova",
            128_000,
            10_000,
            {"modalities": _TEXT, "cache_from": 1024},
        ),
        (r"meta\.llama4-.*", "llama", 1_000_000, 8_192, {}),
        (r"meta\.llama3-[123]-.*", "llama", 128_000, 8_192, {"modalities": _PAPER}),
        (r"meta\.llama3-.*", "llama", 8_192, 2_048, {"modalities": _PAPER, "tools": False}),
        (r"mistral\.pixtral-.*", "mistral", 128_000, 8_192, {}),
        (r"mistral\.mistral-large-.*", "mistral", 128_000, 8_192, {"modalities": _PAPER}),
        (r"mistral\.mistral-small-.*", "mistral", 32_000, 8_192, {"modalities": _TEXT}),
        (
            r"mistral\.mi[sx]tral-.*",
            "mistral",
            32_000,
            8_192,
            {"modalities": _PAPER, "tools": False, "system": False},
        ),
    )
)


def base_model_id(model_id: str) -> str:
    """The model behind an id, an inference profile's id, or the ARN of either."""
    return _PROFILE.sub("", model_id.rpartition("/")[2])


def model_for(model_id: str) -> Model:
    """The model with this id.

    Raises:
        BedrockError: ResourceNotFoundException for an ARN, ValidationException for a bare id.
    """
    base = base_model_id(model_id)
    for model in _MODELS:
        if re.fullmatch(model.pattern, base):
            return model
    if model_id.startswith("arn:"):
        raise BedrockError("ResourceNotFoundException", f"Could not find resource {model_id}.")
    raise invalid("The provided model identifier is invalid.")
