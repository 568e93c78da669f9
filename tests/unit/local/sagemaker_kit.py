"""The SageMaker stand-in in this process: its own clock, and what it would tell CloudWatch."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from cost_sentry_local.aws_clients import client_of
from cost_sentry_local.ports import LOOPBACK
from cost_sentry_local.sagemaker.front_door import SageMakerServer

NOON = 1_795_953_600.0
G5 = {"InstanceType": "ml.g5.xlarge", "InitialInstanceCount": 2}
ROLE = "arn:aws:iam::123456789012:role/model"
COPIES = "sagemaker:inference-component:DesiredCopyCount"


class StandIn:
    """A server, clients of it, and the time there."""

    def __init__(self) -> None:
        self.time = NOON
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.server = SageMakerServer(0, self._publish)
        self.world = self.server.api.world
        self.world.now = lambda: self.time
        place = f"http://{LOOPBACK}:{self.server.server_port}"
        self.sagemaker, self.runtime, self.scaling = (
            client_of(place, name)
            for name in ("sagemaker", "sagemaker-runtime", "application-autoscaling")
        )

    def _publish(self, namespace: str, data: Sequence[dict[str, Any]]) -> None:
        self.told += [(namespace, datum) for datum in data]

    def wait(self, seconds: float) -> None:
        self.time += seconds

    def config(self, name: str = "c", **variant: Any) -> None:
        given = {"VariantName": "main", **G5, **variant}
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[given])

    def plain(self, name: str = "chat", **tags: str) -> None:
        """In service, with a model in its variant."""
        self.sagemaker.create_model(ModelName=f"{name}-model", ExecutionRoleArn=ROLE)
        self.config(f"{name}-config", ModelName=f"{name}-model")
        rows = [{"Key": key, "Value": value} for key, value in tags.items()]
        self.sagemaker.create_endpoint(
            EndpointName=name, EndpointConfigName=f"{name}-config", Tags=rows
        )
        self.wait(10)

    def of_components(self, name: str = "chat", copies: int = 2) -> None:
        """In service, with one component whose copies may all go."""
        managed = {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 4}
        self.config(f"{name}-config", ManagedInstanceScaling=managed)
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-config")
        self.wait(10)
        self.sagemaker.create_inference_component(
            InferenceComponentName="ic",
            EndpointName=name,
            VariantName="main",
            Specification={"Container": {"Image": "image:1"}},
            RuntimeConfig={"CopyCount": copies},
        )
        self.wait(10)

    def status(self, name: str = "chat") -> str:
        told: str = self.sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"]
        return told

    def copies(self, count: int, name: str = "ic") -> None:
        self.sagemaker.update_inference_component_runtime_config(
            InferenceComponentName=name, DesiredRuntimeConfig={"CopyCount": count}
        )

    def call(self, name: str = "chat", body: bytes = b"{}", **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.runtime.invoke_endpoint(
            EndpointName=name, ContentType="application/json", Body=body, **more
        )
        return answer

    def billed(self) -> list[tuple[str, int, float]]:
        """Type, count and seconds of each span of instances."""
        with self.server.api.lock:
            self.world.advance()
            spans = self.world.instances.to_json(self.time)
        return [(span["instanceType"], span["count"], span["seconds"]) for span in spans]

    def metered(self, metric: str) -> list[tuple[float, float]]:
        """Moments and values that CloudWatch was told."""
        self.server.metering.publish_due()
        data = (datum for _, datum in self.told if datum["MetricName"] == metric)
        return sorted((datum["Timestamp"].timestamp(), datum["Value"]) for datum in data)


@contextmanager
def running_stand_in() -> Iterator[StandIn]:
    stand_in = StandIn()
    threading.Thread(target=stand_in.server.serve_forever, daemon=True).start()
    try:
        yield stand_in
    finally:
        stand_in.server.shutdown()
        stand_in.server.server_close()


def refusal(call: Any, *args: Any, **named: Any) -> tuple[str, str]:
    """Code and words with which AWS's client fails."""
    try:
        call(*args, **named)
    except ClientError as error:
        told = error.response["Error"]
        return told["Code"], told["Message"]
    raise AssertionError("it was not refused")
