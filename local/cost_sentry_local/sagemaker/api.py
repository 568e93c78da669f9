"""SageMaker's and Application Auto Scaling's JSON protocol: who is asked, and whether it may be.

Requests are checked against botocore's own model of the service, as AWS checks them.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.loaders import Loader
from botocore.model import OperationNotFoundError, ServiceModel
from botocore.validate import ParamValidator

from cost_sentry_local.sagemaker import components, endpoints, scaling, tags
from cost_sentry_local.sagemaker.errors import SageMakerError, invalid
from cost_sentry_local.sagemaker.pages import page
from cost_sentry_local.sagemaker.records import Json
from cost_sentry_local.sagemaker.world import World

Operation = Callable[[World, Json], Json | None]

SAGEMAKER: Mapping[str, Operation] = {
    "CreateModel": endpoints.create_model,
    "DescribeModel": endpoints.describe_model,
    "DeleteModel": endpoints.delete_model,
    "CreateEndpointConfig": endpoints.create_endpoint_config,
    "DescribeEndpointConfig": endpoints.describe_endpoint_config,
    "DeleteEndpointConfig": endpoints.delete_endpoint_config,
    "CreateEndpoint": endpoints.create_endpoint,
    "DescribeEndpoint": endpoints.describe_endpoint,
    "ListEndpoints": endpoints.list_endpoints,
    "UpdateEndpointWeightsAndCapacities": endpoints.update_endpoint_weights_and_capacities,
    "DeleteEndpoint": endpoints.delete_endpoint,
    "CreateInferenceComponent": components.create_inference_component,
    "DescribeInferenceComponent": components.describe_inference_component,
    "ListInferenceComponents": components.list_inference_components,
    "UpdateInferenceComponentRuntimeConfig": components.update_inference_component_runtime_config,
    "DeleteInferenceComponent": components.delete_inference_component,
    "AddTags": tags.add_tags,
    "ListTags": tags.list_tags,
    "DeleteTags": tags.delete_tags,
    # None can be made here, so none runs.
    "ListTrainingJobs": lambda _world, asked: page("TrainingJobSummaries", [], asked),
    "ListNotebookInstances": lambda _world, asked: page("NotebookInstances", [], asked),
}
SCALING: Mapping[str, Operation] = {
    "RegisterScalableTarget": scaling.register_scalable_target,
    "DescribeScalableTargets": scaling.describe_scalable_targets,
    "DeregisterScalableTarget": scaling.deregister_scalable_target,
    "PutScalingPolicy": scaling.put_scaling_policy,
    "DescribeScalingPolicies": scaling.describe_scaling_policies,
    "DeleteScalingPolicy": scaling.delete_scaling_policy,
    "PutScheduledAction": scaling.put_scheduled_action,
    "DescribeScheduledActions": scaling.describe_scheduled_actions,
    "DeleteScheduledAction": scaling.delete_scheduled_action,
}
_NAMED_BY = ("EndpointName", "InferenceComponentName", "EndpointConfigName", "ModelName")


@dataclass(slots=True)
class Service:
    """One of both."""

    name: str
    operations: Mapping[str, Operation]
    model: ServiceModel = field(init=False)

    def __post_init__(self) -> None:
        """Read botocore's model, which takes a moment."""
        self.model = ServiceModel(Loader().load_service_model(self.name, "service-2"))

    @property
    def prefix(self) -> str:
        """Before the operation, in the request's target."""
        return str(self.model.metadata["targetPrefix"])

    def answer(self, operation: str, world: World, asked: object) -> Json | None:
        """What AWS would answer.

        Raises:
            SageMakerError: as AWS would refuse it.
        """
        try:
            shape = self.model.operation_model(operation).input_shape
        except OperationNotFoundError:
            raise SageMakerError("UnknownOperationException", f"{operation} is unknown.") from None
        if operation not in self.operations:
            raise SageMakerError("NotImplemented", f"The stand-in does not answer {operation}.")
        if not isinstance(asked, dict):
            raise SageMakerError("SerializationException", "The request is no JSON object.")
        if shape is not None:
            report = ParamValidator().validate(asked, shape)
            if report.has_errors():
                raise invalid(report.generate_report())
        named = next((asked[name] for name in _NAMED_BY if name in asked), None)
        world.faults.meet(operation, named)
        return self.operations[operation](world, asked)


@dataclass(slots=True)
class Api:
    """Both services over one world."""

    world: World = field(default_factory=World)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _services: tuple[Service, ...] = field(
        default_factory=lambda: (
            Service("sagemaker", SAGEMAKER),
            Service("application-autoscaling", SCALING),
        )
    )

    def answer(self, target: str, body: bytes) -> Json | None:
        """By ``X-Amz-Target``, such as ``SageMaker.DescribeEndpoint``.

        Raises:
            SageMakerError: as AWS would refuse it.
        """
        prefix, _, operation = target.partition(".")
        service = next((one for one in self._services if one.prefix == prefix), None)
        if service is None:
            raise SageMakerError("UnknownOperationException", f"{target!r} is no target here.")
        with self.lock:
            return service.answer(operation, self.world, _json(body))


def _json(body: bytes) -> Any:  # noqa: ANN401 - whatever the client sent
    try:
        return json.loads(body or b"{}")
    except ValueError:
        return None
