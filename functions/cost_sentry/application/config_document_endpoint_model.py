"""A SageMaker endpoint as a model, as a part of the document, and back; see config_document."""

from collections.abc import Mapping
from typing import Any

from cost_sentry.domain.endpoint_model import EndpointModel, WhileAsleep


def endpoint_to_document(endpoint: EndpointModel) -> dict[str, object]:
    """The member ``endpoint`` of a model. Picodollars are text, as everywhere in it."""
    component = {} if endpoint.component is None else {"component": endpoint.component}
    return {
        "name": endpoint.name,
        **component,
        "picodollars": {"input": str(endpoint.input), "output": str(endpoint.output)},
        "contextTokens": endpoint.context_tokens,
        "outputTokensMax": endpoint.output_tokens_max,
        "systemPrompt": endpoint.system,
        "asleep": endpoint.asleep.value,
        "waitSecondsMax": endpoint.wait_seconds_max,
    }


def endpoint_from(document: Mapping[str, Any]) -> EndpointModel:
    """The inverse."""
    rates = document["picodollars"]
    return EndpointModel(
        name=document["name"],
        component=document.get("component"),
        input=int(rates["input"]),
        output=int(rates["output"]),
        context_tokens=document["contextTokens"],
        output_tokens_max=document["outputTokensMax"],
        system=document["systemPrompt"],
        asleep=WhileAsleep(document["asleep"]),
        wait_seconds_max=document["waitSecondsMax"],
    )
