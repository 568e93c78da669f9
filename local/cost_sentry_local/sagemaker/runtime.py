"""SageMaker Runtime: calling an endpoint, and failing where the real one does."""

import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from cost_sentry_local.local_cloud import ACCOUNT
from cost_sentry_local.sagemaker.activity import Seen
from cost_sentry_local.sagemaker.errors import MODEL_ERROR, SageMakerError
from cost_sentry_local.sagemaker.records import IN_SERVICE, UPDATING, Endpoint
from cost_sentry_local.sagemaker.world import World

NO_CAPACITY = "NoCapacityInvocationFailures"
CALLS = "Invocations"
_LATENCY_MAX_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """``InvokeEndpoint``."""

    endpoint: str
    component: str | None
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What the model said, as JSON, and which variant ran it."""

    body: bytes
    variant: str


def invoke(
    world: World,
    invocation: Invocation,
    lock: AbstractContextManager[object],
    sleep: Callable[[float], None] = time.sleep,
) -> Answered:
    """Run the model, whose answer takes ``standIn.latencySeconds`` of its JSON input.

    Raises:
        SageMakerError: as AWS refuses it, or as the model does.
    """
    with lock:
        variant, part = _part(world, invocation)
        seen = Seen(invocation.endpoint, part, CALLS, is_component=bool(invocation.component))
        world.activity.begin(invocation.endpoint, part, world.now())
        world.activity.count(seen, world.now())
    try:
        asked = _read(invocation)
        sleep(_latency(asked))
    finally:
        with lock:
            world.activity.end(invocation.endpoint, part, world.now())
    said = {"generated_text": f"{invocation.endpoint} answers.", "members": sorted(asked)}
    return Answered(body=json.dumps(said).encode(), variant=variant)


def _part(world: World, invocation: Invocation) -> tuple[str, str]:
    """Its variant, and what it is counted by."""
    world.advance()
    world.faults.meet("InvokeEndpoint", invocation.endpoint)
    endpoint = world.endpoints.get(invocation.endpoint)
    if endpoint is None or endpoint.status not in (IN_SERVICE, UPDATING):
        raise _refused(f"Endpoint {invocation.endpoint} of account {ACCOUNT} not found.")
    if endpoint.is_of_components:
        return _component(world, endpoint, invocation)
    if invocation.component:
        raise _refused(
            f"Endpoint {endpoint.name} has no inference component {invocation.component}."
        )
    variant = endpoint.variants[0]["VariantName"]
    return variant, variant


def _component(world: World, endpoint: Endpoint, invocation: Invocation) -> tuple[str, str]:
    if not invocation.component:
        raise _refused(
            "Inference Component Name header is required for endpoints to which you plan to deploy"
            " inference components. Please include Inference Component Name header or consider"
            " using SageMaker models."
        )
    component = world.components.get(invocation.component)
    if component is None or component.endpoint != endpoint.name:
        raise _refused(f"Inference Component {invocation.component} not found.")
    if component.current == 0:
        seen = Seen(endpoint.name, component.name, NO_CAPACITY, is_component=True)
        world.activity.count(seen, world.now())
        raise _refused(
            "Inference Component has no capacity to process this request."
            " ApplicationAutoScaling may be in-progress (if configured) or try to increase the"
            " capacity by invoking UpdateInferenceComponentRuntimeConfig API."
        )
    return component.variant, component.name


def _read(invocation: Invocation) -> dict[str, object]:
    """The model takes a JSON object, and answers anything else with 400."""
    try:
        asked = json.loads(invocation.body)
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        message = f"Received client error (400) from {invocation.endpoint}: not a JSON object."
        raise SageMakerError(MODEL_ERROR, message, original_status=400)
    return asked


def _latency(asked: dict[str, object]) -> float:
    seconds = asked.get("standIn.latencySeconds", 0)
    return min(float(seconds), _LATENCY_MAX_SECONDS) if isinstance(seconds, int | float) else 0.0


def _refused(message: str) -> SageMakerError:
    return SageMakerError("ValidationError", message)
