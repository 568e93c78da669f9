"""What no single field shows of models that are SageMaker endpoints."""

from collections.abc import Iterator

from cost_sentry.domain.endpoint_model import WhileAsleep
from cost_sentry.domain.model_id import ENDPOINT_PREFIX
from cost_sentry_client.config_file.problems import Finding, Path, quoted
from cost_sentry_client.config_file.shapes import ModelShape, SentryFile
from cost_sentry_client.config_file.shapes_endpoint_model import EndpointModelShape, rate_of


def endpoint_model_findings(file: SentryFile) -> Iterator[Finding]:
    """Every finding in ``models`` that has to do with endpoints, and where they are named."""
    endpoints = {id_ for id_, model in file.models.items() if model and model.endpoint}
    for id_, model in file.models.items():
        if model and model.endpoint:
            yield from _named(id_, model)
            yield from _endpoint(model.endpoint, ("models", id_, "endpoint"))
    for i, allowance in enumerate(file.emergency_allowances):
        if allowance.model in endpoints:
            yield Finding(
                path=("emergencyAllowances", i, "model"),
                problem=f"{quoted(allowance.model)} is an endpoint, and may sleep in an outage",
                allowed="a model of Amazon Bedrock",
            )
    for i, group in enumerate(file.endpoints.groups if file.endpoints else ()):
        if group.instead in endpoints:
            yield Finding(
                path=("endpoints", "groups", i, "instead"),
                problem=f"{quoted(group.instead)} is an endpoint itself",
                allowed="a model of Amazon Bedrock, which never sleeps",
            )


def _named(id_: str, model: ModelShape) -> Iterator[Finding]:
    if not id_.startswith(ENDPOINT_PREFIX):
        yield Finding(
            path=("models", id_),
            problem=f"{quoted(id_)} is an endpoint, and its name does not say so",
            allowed=f"a name such as {ENDPOINT_PREFIX}support-llm",
            at_key=True,
        )
    if model.flex is not None:
        yield Finding(
            path=("models", id_, "flex"),
            problem="endpoints have no service tiers",
            allowed="models of Amazon Bedrock",
        )


def _endpoint(endpoint: EndpointModelShape, path: Path) -> Iterator[Finding]:
    prices = (("input", endpoint.price.input), ("output", endpoint.price.output))
    for name, text in prices:
        if not rate_of(text):
            yield Finding(
                path=(*path, "price", name),
                problem=f"{quoted(text)} dollars for a million tokens is no price",
                allowed="above 0, with at most 6 decimals: what is free, no budget bounds",
            )
    if endpoint.output_tokens_max > endpoint.context_tokens:
        yield Finding(
            path=(*path, "outputTokensMax"),
            problem=f"{endpoint.output_tokens_max} is more than contextTokens",
            allowed=f"at most {endpoint.context_tokens}",
        )
    if endpoint.asleep is WhileAsleep.WAIT and not endpoint.wait_seconds_max:
        yield Finding(
            path=(*path, "asleep"),
            problem="wait, and waitSecondsMax is 0",
            allowed="waitSecondsMax above 0, or asleep: reroute",
        )
