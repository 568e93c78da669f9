"""The shape of ``sentry.yaml``: a SageMaker endpoint as a model."""

from typing import Annotated

from pydantic import Field, StringConstraints

from cost_sentry.domain.endpoint_model import WAIT_SECONDS_MAX, EndpointModel, WhileAsleep
from cost_sentry.domain.money import whole_units
from cost_sentry_client.config_file.field_types import SAGEMAKER_NAME, Amount, Switch
from cost_sentry_client.config_file.shape import Shape

PICODOLLARS_PER_TOKEN = 10**6
"""Of a dollar for a million tokens."""
SageMakerName = Annotated[str, StringConstraints(pattern=SAGEMAKER_NAME)]


class EndpointPriceShape(Shape):
    """What budgets are charged for the tokens of an endpoint; its hours have no price per token."""

    input: Amount = Field(description="dollars for a million tokens of the prompt, above 0")
    output: Amount = Field(description="dollars for a million tokens of the answer, above 0")


class EndpointModelShape(Shape):
    """A SageMaker endpoint whose container takes messages as OpenAI's API does (LMI, vLLM, TGI)."""

    name: SageMakerName = Field(description="name of the endpoint, in this account and Region")
    component: SageMakerName | None = Field(
        default=None,
        description="its inference component that serves the model; left out, it has none",
    )
    price: EndpointPriceShape = Field(
        description="what its tokens cost the budgets: its hours divided by what it serves in them"
    )
    context_tokens: int = Field(
        ge=256, le=10_000_000, description="prompt and answer together, as its container was set up"
    )
    output_tokens_max: int = Field(
        ge=1, le=1_000_000, description="the longest answer; at most contextTokens"
    )
    system_prompt: Switch = Field(
        default=True, description="false: its chat template takes no system prompt"
    )
    asleep: WhileAsleep = Field(
        default=WhileAsleep.REROUTE,
        strict=False,
        description=(
            "what becomes of a call that finds it asleep: reroute, its ladder serves it at once; "
            "wait, it waits first"
        ),
    )
    wait_seconds_max: int = Field(
        default=0,
        ge=0,
        le=WAIT_SECONDS_MAX,
        description=(
            "so long a call waits for it to wake; with reroute only if its ladder cannot serve it"
        ),
    )

    def endpoint(self) -> EndpointModel:
        """What the sentry decides by; rates that are no prices are found by the checks."""
        return EndpointModel(
            name=self.name,
            component=self.component,
            input=rate_of(self.price.input) or 0,
            output=rate_of(self.price.output) or 0,
            context_tokens=self.context_tokens,
            output_tokens_max=self.output_tokens_max,
            system=self.system_prompt,
            asleep=self.asleep,
            wait_seconds_max=self.wait_seconds_max,
        )


def rate_of(text: str) -> int | None:
    """Picodollars for a token, of dollars for a million; ``None`` if they are not whole."""
    return whole_units(text, per_unit=PICODOLLARS_PER_TOKEN)
