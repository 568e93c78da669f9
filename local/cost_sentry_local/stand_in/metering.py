"""What Bedrock meters of each call, as ``AWS/Bedrock`` metrics, some time after it.

Bedrock user guide, "Amazon Bedrock runtime metrics": by ``ModelId``, the model or inference profile
as it was called; whoever called it. Of an
application inference profile that is its id.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from cost_sentry_local.stand_in.call_log import Call
from cost_sentry_local.stand_in.profiles import metered_as

NAMESPACE = "AWS/Bedrock"
DATA_MAX = 500
"""Of one ``PutMetricData``; CloudWatch takes a thousand."""
_POLL_SECONDS = 2.0
"""The emulator looks at every alarm when data come, and at nothing else meanwhile."""
_THROTTLED = frozenset({"ThrottlingException", "ServiceQuotaExceededException"})
_SERVER_ERRORS = frozenset(
    {
        "InternalServerException",
        "ServiceUnavailableException",
        "ModelErrorException",
        "ModelNotReadyException",
        "ModelTimeoutException",
    }
)

Datum = dict[str, Any]
Publish = Callable[[Sequence[Datum]], None]


def publish_to_cloudwatch() -> Publish:
    """By the AWS endpoint of this process's environment; the client is made for the first call."""
    clients: list[Any] = []

    def publish(data: Sequence[Datum]) -> None:
        if not clients:
            clients.append(boto3.client("cloudwatch"))
        clients[0].put_metric_data(Namespace=NAMESPACE, MetricData=list(data))

    return publish


def data_of(call: Call, at: datetime) -> list[Datum]:
    """The metrics of one call: an error's kind, or its tokens. Counting tokens is not metered."""
    if call.operation == "CountTokens":
        return []
    counts = {_outcome(call): 1}
    if not call.outcome.endswith("Exception"):
        counts |= {
            "InputTokenCount": call.usage.input,
            "OutputTokenCount": call.usage.output,
            "CacheReadInputTokens": call.usage.cache_read,
            "CacheWriteInputTokens": call.usage.cache_write,
        }
    dimensions = [{"Name": "ModelId", "Value": metered_as(call.model)}]
    return [
        {
            "MetricName": name,
            "Dimensions": dimensions,
            "Timestamp": at,
            "Value": float(count),
            "Unit": "Count",
        }
        for name, count in counts.items()
        if count
    ]


def _outcome(call: Call) -> str:
    if call.outcome in _THROTTLED:
        return "InvocationThrottles"
    if call.outcome in _SERVER_ERRORS:
        return "InvocationServerErrors"
    if call.outcome.endswith("Exception"):
        return "InvocationClientErrors"
    return "Invocations"


@dataclass(slots=True)
class Metering:
    """Metrics that wait for their time.

    Args:
        publish: takes data to CloudWatch; what fails is tried again.
        now: seconds since 1970.
    """

    publish: Publish
    now: Callable[[], float] = time.time
    lag_seconds: float = 0.0
    """How long after its call a metric is published; it has the time of the call."""
    _waiting: list[tuple[float, Datum]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def saw(self, call: Call) -> None:
        """A call ended."""
        now = self.now()
        data = data_of(call, datetime.fromtimestamp(now, tz=UTC))
        with self._lock:
            self._waiting += [(now + self.lag_seconds, datum) for datum in data]

    def set_lag(self, seconds: float) -> None:
        """Of calls from now on; ``ValueError`` if it is none."""
        if not 0 <= seconds <= 86_400:  # noqa: PLR2004 - a day
            raise ValueError(f"the lag is {seconds!r}; allowed are seconds from 0 to 86400")
        self.lag_seconds = float(seconds)

    def clear(self) -> None:
        """Forget what waits."""
        with self._lock:
            self._waiting.clear()

    def publish_due(self) -> int:
        """Publish what is due; how many data that were."""
        now = self.now()
        with self._lock:
            due = [datum for at, datum in self._waiting if at <= now][:DATA_MAX]
        if due:
            self.publish(due)
            sent = {id(datum) for datum in due}
            with self._lock:
                self._waiting = [pair for pair in self._waiting if id(pair[1]) not in sent]
        return len(due)

    def run(self) -> None:
        """Publish for ever; a cloud that is not there yet, or not any more, is asked again."""
        while True:
            with suppress(ClientError, BotoCoreError):
                self.publish_due()
            time.sleep(_POLL_SECONDS)
