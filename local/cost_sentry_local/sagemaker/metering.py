"""What SageMaker tells CloudWatch of endpoints: calls, and every minute that instances run.

SageMaker developer guide, "Amazon SageMaker AI metrics in Amazon CloudWatch". Instances report each
minute as long as they run, also when nobody calls; a minute is told of when it is over.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from cost_sentry_local.sagemaker.activity import MINUTE
from cost_sentry_local.sagemaker.records import Endpoint
from cost_sentry_local.sagemaker.world import World

NAMESPACE = "AWS/SageMaker"
PAST_MINUTES_MAX = 24 * 60
_PLAIN = ("/aws/sagemaker/Endpoints", "CPUUtilization", "ConcurrentRequestsPerModel")
_COMPONENT = (
    "/aws/sagemaker/InferenceComponents",
    "CPUUtilizationNormalized",
    "ConcurrentRequestsPerCopy",
)
_IDLE_PERCENT = 1.0
_POLL_SECONDS = 2.0
_DATA_MAX = 500

Datum = dict[str, Any]
Publish = Callable[[str, Sequence[Datum]], None]
"""A namespace, and its data."""


def publish_to_cloudwatch() -> Publish:
    """By the AWS endpoint of this process's environment; the client is made when first needed."""
    clients: list[Any] = []

    def publish(namespace: str, data: Sequence[Datum]) -> None:
        if not clients:
            clients.append(boto3.client("cloudwatch"))
        for first in range(0, len(data), _DATA_MAX):
            batch = list(data[first : first + _DATA_MAX])
            clients[0].put_metric_data(Namespace=namespace, MetricData=batch)

    return publish


@dataclass(slots=True)
class Metering:
    """Tells what is due; whatever could not be told is told later.

    Args:
        world: what there is.
        publish: takes data to CloudWatch.
        lock: of the world.
    """

    world: World
    publish: Publish
    lock: AbstractContextManager[object]
    told_until: int = 0
    """The start of the first minute that was not told of."""
    _waiting: dict[str, list[Datum]] = field(default_factory=dict)
    """By namespace."""

    def publish_due(self) -> None:
        """Calls as they come, and instances of every minute that is over."""
        with self.lock:
            self._collect()
            waiting, self._waiting = self._waiting, {}
        while waiting:
            namespace, data = next(iter(waiting.items()))
            try:
                self.publish(namespace, data)
            except (ClientError, BotoCoreError):
                with self.lock:
                    for late, kept in waiting.items():
                        self._waiting.setdefault(late, []).extend(kept)
                raise
            del waiting[namespace]

    def tell_past(self, name: str, minutes: int) -> None:
        """An endpoint has stood there, idle, for so long; ``ValueError`` for what cannot be."""
        if not 1 <= minutes <= PAST_MINUTES_MAX:
            raise ValueError(f"minutes is {minutes!r}; allowed are 1 to {PAST_MINUTES_MAX}")
        with self.lock:
            endpoint = self.world.endpoint(name)
            now = self.world.now()
            since = now - minutes * MINUTE
            endpoint.created_at = endpoint.modified_at = min(endpoint.created_at, since)
            self.world.instances.move_back(name, since)
            parts = [part for one, part in self.world.parts() if one is endpoint]
            for minute in range(_minute(since), _minute(now), MINUTE):
                for part in parts:
                    self._keep(_reports(endpoint, part, minute, 0))

    def run(self) -> None:
        """For ever; a cloud that is not there yet, or not any more, is asked again."""
        while True:
            with suppress(ClientError, BotoCoreError):
                self.publish_due()
            time.sleep(_POLL_SECONDS)

    def _collect(self) -> None:
        world = self.world
        world.advance()
        for (seen, minute), count in world.activity.taken().items():
            dimensions = _dimensions(seen.endpoint, seen.part, is_component=seen.is_component)
            self._keep([(NAMESPACE, _datum(seen.metric, dimensions, minute, count))])
        now = _minute(world.now())
        for minute in range(self.told_until or now, now, MINUTE):
            for endpoint, part in world.parts():
                most = world.activity.most_at_once(endpoint.name, part, minute)
                self._keep(_reports(endpoint, part, minute, most))
        self.told_until = now

    def _keep(self, data: Iterable[tuple[str, Datum]]) -> None:
        for namespace, datum in data:
            self._waiting.setdefault(namespace, []).append(datum)


def _reports(
    endpoint: Endpoint, part: str, minute: int, at_once: int
) -> Iterator[tuple[str, Datum]]:
    """Of instances that run, in one minute."""
    of_components = endpoint.is_of_components
    namespace, load, concurrent = _COMPONENT if of_components else _PLAIN
    dimensions = _dimensions(endpoint.name, part, is_component=of_components)
    yield namespace, _datum(load, dimensions, minute, _IDLE_PERCENT, "Percent")
    yield NAMESPACE, _datum(concurrent, dimensions, minute, at_once)


def _dimensions(endpoint: str, part: str, *, is_component: bool) -> list[dict[str, str]]:
    if is_component:
        return [{"Name": "InferenceComponentName", "Value": part}]
    return [
        {"Name": "EndpointName", "Value": endpoint},
        {"Name": "VariantName", "Value": part},
    ]


def _datum(
    name: str, dimensions: list[dict[str, str]], minute: int, value: float, unit: str = "Count"
) -> Datum:
    return {
        "MetricName": name,
        "Dimensions": dimensions,
        "Timestamp": datetime.fromtimestamp(minute, tz=UTC),
        "Value": float(value),
        "Unit": unit,
    }


def _minute(at: float) -> int:
    return int(at // MINUTE) * MINUTE
