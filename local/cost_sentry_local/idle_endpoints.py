"""Endpoints of the SageMaker stand-in that may sleep, and have stood idle for a while."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from cost_sentry_local import sagemaker_control
from cost_sentry_local.demo.waiting import when
from cost_sentry_local.local_cloud import ACCOUNT, LocalCloud

INSTANCE_TYPE = "ml.g5.xlarge"
GPUS = 1
"""Of one such instance (aws.amazon.com/ec2/instance-types/g5)."""
MAY_SLEEP = {"cost-sentry:scale-to-zero": "yes"}
_ROLE = f"arn:aws:iam::{ACCOUNT}:role/model"
_COPIES = "sagemaker:inference-component:DesiredCopyCount"
_VARIANT = {"VariantName": "main", "InstanceType": INSTANCE_TYPE, "InitialInstanceCount": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleEndpoint:
    """One that was made here."""

    name: str
    component: str | None = None
    """Its one inference component; ``None``: its variant names a model."""

    @property
    def part(self) -> str:
        """What is deleted, or scaled, when it sleeps."""
        return self.component or self.name

    def called_as(self) -> dict[str, str]:
        """Members of ``InvokeEndpoint`` that name it."""
        named = {"InferenceComponentName": self.component} if self.component else {}
        return {"EndpointName": self.name, **named}


def make_plain(cloud: LocalCloud, name: str, tags: Mapping[str, str]) -> IdleEndpoint:
    """One whose variant names a model: it sleeps by being deleted. In service on return."""
    sagemaker = cloud.client("sagemaker")
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=_ROLE)
    _make(cloud, name, [{**_VARIANT, "ModelName": name}], tags)
    return IdleEndpoint(name=name)


def make_of_components(cloud: LocalCloud, name: str, tags: Mapping[str, str]) -> IdleEndpoint:
    """One with an inference component: it sleeps without copies. In service on return."""
    sagemaker = cloud.client("sagemaker")
    managed = {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 2}
    _make(cloud, name, [{**_VARIANT, "ManagedInstanceScaling": managed}], tags)
    component = f"{name}-ic"
    sagemaker.create_inference_component(
        InferenceComponentName=component,
        EndpointName=name,
        VariantName="main",
        Specification={"Container": {"Image": "image:1"}},
        RuntimeConfig={"CopyCount": 1},
    )
    when(lambda: _has_copies(sagemaker, component), f"{component} was not made")
    cloud.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId=f"inference-component/{component}",
        ScalableDimension=_COPIES,
        MinCapacity=1,
        MaxCapacity=2,
    )
    return IdleEndpoint(name=name, component=component)


def stand_idle(cloud: LocalCloud, endpoints: Sequence[IdleEndpoint], minutes: int) -> None:
    """They were made so long ago and nobody called them; CloudWatch has heard of it on return."""
    for one in endpoints:
        sagemaker_control.has_stood_idle(cloud, one.name, minutes)
    for one in endpoints:
        when(lambda one=one: _is_heard(cloud, one), f"CloudWatch heard nothing of {one.name}")  # type: ignore[misc]


def status_of(cloud: LocalCloud, name: str) -> str | None:
    """``EndpointStatus``; ``None``: there is none of this name."""
    try:
        told = cloud.client("sagemaker").describe_endpoint(EndpointName=name)
    except ClientError:
        return None
    return str(told["EndpointStatus"])


def _make(
    cloud: LocalCloud,
    name: str,
    variants: Sequence[Mapping[str, Any]],
    tags: Mapping[str, str],
) -> None:
    sagemaker = cloud.client("sagemaker")
    rows = [{"Key": key, "Value": value} for key, value in tags.items()]
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants)
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name, Tags=rows)
    when(lambda: status_of(cloud, name) == "InService", f"{name} was not made")


def _has_copies(sagemaker: Any, component: str) -> bool:  # noqa: ANN401 - boto3 client
    told = sagemaker.describe_inference_component(InferenceComponentName=component)
    return bool(told["InferenceComponentStatus"] == "InService")


def _is_heard(cloud: LocalCloud, one: IdleEndpoint) -> bool:
    """The stand-in tells CloudWatch every other second."""
    dimension = "InferenceComponentName" if one.component else "EndpointName"
    listed = cloud.client("cloudwatch").list_metrics(
        Namespace="AWS/SageMaker", Dimensions=[{"Name": dimension, "Value": one.part}]
    )
    return bool(listed["Metrics"])
