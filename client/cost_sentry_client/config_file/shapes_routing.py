"""The shape of ``sentry.yaml``: who serves calls that name no model, and at which service tier."""

from enum import StrEnum

from pydantic import Field

from cost_sentry_client.config_file.field_types import Amount, ModelId, TagValue, VirtualModelName
from cost_sentry_client.config_file.shape import Shape


class Tier(StrEnum):
    """How much a model is able to do; see ``routing.TIER_NAMES``."""

    SMALL = "small"
    MIDDLE = "middle"
    LARGE = "large"


class FlexShape(Shape):
    """The price of a model at Amazon Bedrock's service tier flex, which may take longer."""

    input: Amount = Field(description="dollars for a million tokens of the prompt")
    output: Amount = Field(description="dollars for a million tokens of the answer")


class VirtualModelShape(Shape):
    """A name that requests give instead of a model."""

    tier: Tier | None = Field(
        default=None,
        strict=False,
        description="no smaller model serves it; left out, the task type or the estimate says so",
    )
    models: list[ModelId] | None = Field(
        default=None,
        min_length=1,
        max_length=20,
        description="those that it stands for; left out, all of models that have a tier",
    )


class TaskTypeShape(Shape):
    """What requests of one task type need: a tier, or a model."""

    tier: Tier | None = Field(
        default=None, strict=False, description="no smaller model serves this task type"
    )
    model: VirtualModelName | None = Field(
        default=None,
        description="virtual or real; serves requests of this task type that name no model",
    )


class RoutingShape(Shape):
    """Which models serve requests that name a virtual model, or nothing but a task type."""

    virtual_models: dict[VirtualModelName, VirtualModelShape | None] = Field(
        default_factory=dict,
        max_length=50,
        description="names that requests give as modelId; auto serves task types with no rule, too",
    )
    task_types: dict[TagValue, TaskTypeShape] = Field(
        default_factory=dict,
        max_length=100,
        description="what task types need, by the value of the tag taskType",
    )
    answer_worth: Amount | None = Field(
        default=None,
        description=(
            "dollars that a right answer of a larger model is worth where a smaller one fails; left"
            " out, no prompt is estimated, and the cheapest model is enough where no rule says more"
        ),
    )
