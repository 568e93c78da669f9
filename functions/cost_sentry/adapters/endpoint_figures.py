"""What CloudWatch tells of endpoints' calls: batched, and nothing made of silence.

A minute without calls has no value, so silence of ``Invocations`` proves nothing. The instances'
own metrics come every minute as long as they run; where those are missing, nobody knows.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from cost_sentry.adapters.sagemaker_errors import named_faults
from cost_sentry.application.endpoint_ports import EndpointFault
from cost_sentry.domain.endpoint import Activity, Endpoint, EndpointKind, Snapshot, activity_of

QUERIES_MAX = 500
"""Of one call (CloudWatch API reference, GetMetricData)."""
_MINUTE, _FIVE_MINUTES = timedelta(minutes=1), timedelta(minutes=5)
_FINE_UNTIL = timedelta(hours=6)
"""Longer looks are by five minutes, so that one call's answer holds them."""
_LATELY = timedelta(minutes=5)
_CALLS, _HEARD, _RUNNING, _VAIN, _BROKEN = "calls", "heard", "running", "vain", "broken"

_BY_KIND: Mapping[EndpointKind, Mapping[str, tuple[str, str, str]]] = {
    EndpointKind.PLAIN: {
        _CALLS: ("AWS/SageMaker", "Invocations", "Sum"),
        _HEARD: ("/aws/sagemaker/Endpoints", "CPUUtilization", "SampleCount"),
        _RUNNING: ("AWS/SageMaker", "ConcurrentRequestsPerModel", "Maximum"),
    },
    EndpointKind.COMPONENTS: {
        _CALLS: ("AWS/SageMaker", "Invocations", "Sum"),
        _HEARD: ("/aws/sagemaker/InferenceComponents", "CPUUtilizationNormalized", "SampleCount"),
        _RUNNING: ("AWS/SageMaker", "ConcurrentRequestsPerCopy", "Maximum"),
    },
}
"""Namespace, name and statistic (SageMaker developer guide, "Monitor with CloudWatch")."""
_SERVED: Mapping[str, tuple[str, str, str]] = {
    _CALLS: ("AWS/SageMaker", "Invocations", "Sum"),
    _BROKEN: ("AWS/SageMaker", "Invocation5XXErrors", "Sum"),
}
_CALLED_IN_VAIN = ("AWS/SageMaker", "NoCapacityInvocationFailures", "Sum")

Values = Mapping[datetime, float]


class Asked(NamedTuple):
    """One metric of one part of an endpoint."""

    endpoint: str
    what: str
    metric: tuple[str, str, str]
    dimensions: Mapping[str, str]


class CloudWatchFigures:
    """``application.endpoint_ports.EndpointFigures``.

    Args:
        cloudwatch: boto3 client of CloudWatch.
    """

    def __init__(self, cloudwatch: Any) -> None:  # noqa: ANN401 - boto3 client
        self._cloudwatch = cloudwatch

    def activities(
        self, endpoints: Sequence[Endpoint], since: datetime, now: datetime
    ) -> Mapping[str, Activity]:
        """See the port. Of several parts all count, and one that is not heard hides all."""
        period = _MINUTE if now - since <= _FINE_UNTIL else _FIVE_MINUTES
        asked = [one for endpoint in endpoints for one in _of_endpoint(endpoint)]
        found = self._values(asked, since, now, period)
        return {
            endpoint.name: _activity(found, endpoint, now, period)
            for endpoint in endpoints
            if endpoint.parts and all(one in found for one in map(_key, _of_endpoint(endpoint)))
        }

    def called_in_vain(
        self, sleepers: Sequence[Snapshot], since: datetime, now: datetime
    ) -> Collection[str]:
        """See the port. Of a plain endpoint that sleeps there is no metric."""
        asked = [
            Asked(one.endpoint.name, _VAIN, _CALLED_IN_VAIN, {"InferenceComponentName": part})
            for one in sleepers
            if one.endpoint.kind is EndpointKind.COMPONENTS
            for part in one.endpoint.parts
        ]
        found = self._values(asked, since, now, _MINUTE)
        return {endpoint for (endpoint, _, _), values in found.items() if sum(values.values()) > 0}

    def served(self, endpoint: Endpoint, since: datetime, now: datetime) -> int:
        """See the port: all calls, without those that the model answered by an error of its own."""
        asked = [
            Asked(endpoint.name, what, metric, _dimensions(endpoint, part))
            for part in endpoint.parts
            for what, metric in _SERVED.items()
        ]
        found = self._values(asked, since, now, _MINUTE)
        if len(found) < len(asked):
            raise EndpointFault(f"{endpoint.name}: its calls could not be counted")
        sums = {
            what: sum(sum(values.values()) for (_, of, _), values in found.items() if of == what)
            for what in _SERVED
        }
        return max(0, int(sums[_CALLS] - sums[_BROKEN]))

    def _values(
        self, asked: Sequence[Asked], since: datetime, now: datetime, period: timedelta
    ) -> dict[tuple[str, str, str], Values]:
        """What is complete; a metric that CloudWatch could not read whole is left out."""
        found: dict[tuple[str, str, str], Values] = {}
        with named_faults("metrics of endpoints"):
            for first in range(0, len(asked), QUERIES_MAX):
                found |= self._batch(asked[first : first + QUERIES_MAX], since, now, period)
        return found

    def _batch(
        self, batch: Sequence[Asked], since: datetime, now: datetime, period: timedelta
    ) -> dict[tuple[str, str, str], Values]:
        pages = self._cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=[_query(f"m{i}", one, period) for i, one in enumerate(batch)],
            StartTime=since,
            EndTime=now,
        )
        values: dict[int, dict[datetime, float]] = {}
        status: dict[int, str] = {}
        for page in pages:
            for result in page["MetricDataResults"]:
                i = int(result["Id"].removeprefix("m"))
                pairs = zip(result["Timestamps"], result["Values"], strict=True)
                values.setdefault(i, {}).update(pairs)
                status[i] = result["StatusCode"]
        return {_key(batch[i]): values[i] for i in values if status[i] == "Complete"}


def _of_endpoint(endpoint: Endpoint) -> Iterator[Asked]:
    for part in endpoint.parts:
        for what, metric in _BY_KIND[endpoint.kind].items():
            yield Asked(endpoint.name, what, metric, _dimensions(endpoint, part))


def _dimensions(endpoint: Endpoint, part: str) -> Mapping[str, str]:
    if endpoint.kind is EndpointKind.PLAIN:
        return {"EndpointName": endpoint.name, "VariantName": part}
    return {"InferenceComponentName": part}


def _key(asked: Asked) -> tuple[str, str, str]:
    return asked.endpoint, asked.what, "/".join(asked.dimensions.values())


def _activity(
    found: Mapping[tuple[str, str, str], Values],
    endpoint: Endpoint,
    now: datetime,
    period: timedelta,
) -> Activity:
    of_parts: dict[str, list[Values]] = {}
    for asked in _of_endpoint(endpoint):
        of_parts.setdefault(asked.what, []).append(found[_key(asked)])
    heard = set.intersection(*(set(values) for values in of_parts[_HEARD]))
    calls: dict[datetime, int] = {}
    for values in of_parts[_CALLS]:
        for minute, number in values.items():
            calls[minute] = calls.get(minute, 0) + int(number)
    return activity_of(
        dict.fromkeys(heard, 1), calls, _in_flight(of_parts[_RUNNING], now), period=period
    )


def _in_flight(of_parts: Sequence[Values], now: datetime) -> int | None:
    """``None`` if one part said nothing lately."""
    lately = [[v for at, v in values.items() if now - at <= 2 * _LATELY] for values in of_parts]
    if not all(lately):
        return None
    return sum(int(-(-max(values) // 1)) for values in lately)


def _query(name: str, asked: Asked, period: timedelta) -> dict[str, Any]:
    namespace, metric, statistic = asked.metric
    dimensions = [{"Name": key, "Value": value} for key, value in asked.dimensions.items()]
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {"Namespace": namespace, "MetricName": metric, "Dimensions": dimensions},
            "Period": int(period.total_seconds()),
            "Stat": statistic,
        },
    }
