"""The shape of what sentry.yaml says of calls past the sentry."""

from pydantic import Field

from cost_sentry.domain.external_rules import ExternalUsageRules
from cost_sentry_client.config_file.field_types import ModelId
from cost_sentry_client.config_file.shape import Shape


class ExternalUsageShape(Shape):
    """Which models may be called past the sentry."""

    allowed_models: list[ModelId] = Field(
        max_length=200,
        description=(
            "models that may be, in whatever geography; of any other the addresses of alerts, and "
            "an alarm, are told model and hour. []: none may. Usage is charged to the budgets of "
            "the model and of the organisation either way"
        ),
    )

    def rules(self) -> ExternalUsageRules:
        """What the sentry tells by."""
        return ExternalUsageRules(tuple(self.allowed_models))
