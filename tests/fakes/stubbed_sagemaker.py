"""SageMaker by what is sent to it: an endpoint with one inference component."""

import json
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.stub import Stubber

from cost_sentry.adapters.endpoint_scaling import EndpointScaling
from cost_sentry.adapters.sagemaker_endpoints import SageMakerEndpoints
from cost_sentry.domain.endpoint import EndpointKind, Snapshot
from tests.unit.domain.test_endpoint_plan import endpoint

MADE = datetime(2026, 11, 21, 8, tzinfo=UTC)
COPIES = "sagemaker:inference-component:DesiredCopyCount"


def client(name: str) -> Any:
    keys = {"aws_access_key_id": "k", "aws_secret_access_key": "s"}
    return boto3.client(name, region_name="us-east-1", **keys)


class Stubbed:
    """What is asked, in order, and what is answered."""

    def __init__(self) -> None:
        self.clients = {
            name: client(name)
            for name in (
                "sagemaker",
                "sagemaker-runtime",
                "resourcegroupstaggingapi",
                "application-autoscaling",
                "cloudwatch",
            )
        }
        self.stubs = {name: Stubber(one) for name, one in self.clients.items()}
        for stub in self.stubs.values():
            stub.activate()
        sagemaker, runtime, tagging, scaling, cloudwatch = self.clients.values()
        self.adapter = SageMakerEndpoints(
            sagemaker, runtime, tagging, EndpointScaling(scaling, cloudwatch)
        )

    def answer(self, service: str, operation: str, response: dict, expected=None) -> None:
        self.stubs[service].add_response(operation, response, expected)

    def fail(self, operation: str, code: str, words: str = "no") -> None:
        self.stubs["sagemaker"].add_client_error(operation, code, words)

    def describe(self, copies: int = 1, status: str = "InService", desired: int | None = None):
        """An endpoint with one inference component."""
        self.answer("sagemaker", "describe_endpoint", told(status="InService"))
        self.answer("sagemaker", "describe_endpoint_config", CONFIG)
        listed = {"InferenceComponents": [summary("ic")]}
        self.answer("sagemaker", "list_inference_components", listed)
        self.component(copies, status, desired)
        tags = {"Tags": [{"Key": "team", "Value": "search"}]}
        self.answer("sagemaker", "list_tags", tags)

    def component(self, copies: int, status: str = "InService", desired: int | None = None):
        response = {
            "InferenceComponentName": "ic",
            "InferenceComponentArn": "arn:aws:sagemaker:us-east-1:123456789012:x/ic",
            "EndpointName": "chat",
            "EndpointArn": ARN,
            "CreationTime": MADE,
            "LastModifiedTime": MADE,
            "InferenceComponentStatus": status,
            "RuntimeConfig": {
                "DesiredCopyCount": copies if desired is None else desired,
                "CurrentCopyCount": copies,
            },
        }
        self.answer("sagemaker", "describe_inference_component", response)

    def set_copies(self, count: int) -> None:
        expected = {"InferenceComponentName": "ic", "DesiredRuntimeConfig": {"CopyCount": count}}
        response = {"InferenceComponentArn": "arn:aws:sagemaker:us-east-1:123456789012:x/ic"}
        self.answer("sagemaker", "update_inference_component_runtime_config", response, expected)

    def has_target(self, **changes: int) -> None:
        found = {
            "ServiceNamespace": "sagemaker",
            "RoleARN": "arn:aws:iam::123456789012:role/scaling",
            "CreationTime": MADE,
            **TARGET,
            **changes,
        }
        self.answer(
            "application-autoscaling", "describe_scalable_targets", {"ScalableTargets": [found]}
        )

    def done(self) -> None:
        for stub in self.stubs.values():
            stub.assert_no_pending_responses()


ARN = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/chat"
VARIANT = {
    "VariantName": "main",
    "InstanceType": "ml.g5.xlarge",
    "InitialInstanceCount": 1,
    "ManagedInstanceScaling": {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 2},
}
CONFIG = {
    "EndpointConfigName": "c",
    "EndpointConfigArn": "arn:aws:sagemaker:us-east-1:123456789012:endpoint-config/c",
    "ProductionVariants": [VARIANT],
    "CreationTime": MADE,
}
TARGET = {
    "ResourceId": "inference-component/ic",
    "ScalableDimension": COPIES,
    "MinCapacity": 1,
    "MaxCapacity": 3,
}
CONTENT = json.dumps(
    {"config": CONFIG["EndpointConfigName"], "components": {"ic": 2}, "targets": [TARGET]}
    | {"policies": [], "tags": {}}
)
SNAPSHOT = Snapshot(
    endpoint=endpoint("chat", kind=EndpointKind.COMPONENTS, made_at=MADE, parts=("ic",)),
    content=CONTENT,
)


def told(status: str = "InService", **more) -> dict:
    return {
        "EndpointName": "chat",
        "EndpointArn": ARN,
        "EndpointConfigName": "c",
        "EndpointStatus": status,
        "CreationTime": MADE,
        "LastModifiedTime": MADE,
        **more,
    }


def summary(name: str) -> dict:
    return {
        "InferenceComponentName": name,
        "InferenceComponentArn": f"arn:aws:sagemaker:us-east-1:123456789012:x/{name}",
        "CreationTime": MADE,
        "LastModifiedTime": MADE,
        "EndpointName": "chat",
        "EndpointArn": ARN,
        "VariantName": "main",
    }
