"""CloudWatch as it may be at its worst: what is metered shows late, in parts, twice, or not yet."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any, Protocol

from botocore.exceptions import ClientError

from cost_sentry.domain.usage import TokenUsage

MINUTE = timedelta(minutes=1)
LATE_MINUTES_MAX = 25
GAP = timedelta(minutes=30)
GAP_SHARE = 0.1
IN_PARTS = 0.5
READ_NAMES = ("CacheReadInputTokens", "CacheReadInputTokenCount")
_Name = tuple[str, str, datetime]


class _Clock(Protocol):
    def now(self) -> datetime:
        """The current time."""
        ...


class LateMetrics:
    """The part of boto3's CloudWatch client that the sentry uses.

    Args:
        chance: of what is late, and how.
        clock: of whoever asks.
    """

    def __init__(self, chance: Random, clock: _Clock) -> None:
        self._chance, self._clock = chance, clock
        self._sums: Counter[_Name] = Counter()
        self._shown: dict[_Name, tuple[datetime, datetime | None]] = {}
        """From when a sum is shown whole, and from when half of it."""
        self.refuses = False
        """Whether the next questions are refused as throttled."""

    def metered(self, model: str, at: datetime, usage: TokenUsage) -> None:
        """A call to this model that was metered at this moment."""
        minute = at.replace(second=0, microsecond=0)
        counts = {
            "Invocations": 1,
            "InputTokenCount": usage.input_tokens,
            "OutputTokenCount": usage.output_tokens,
            READ_NAMES[minute.minute % 2]: usage.cache_read_tokens,
            "CacheWriteInputTokens": usage.cache_write_5m_tokens,
        }
        for metric, count in counts.items():
            name = model, metric, minute
            self._sums[name] += count
            if name not in self._shown:
                self._shown[name] = self._delays(minute)

    def _delays(self, minute: datetime) -> tuple[datetime, datetime | None]:
        late = self._chance.randint(1, LATE_MINUTES_MAX) * MINUTE
        if self._chance.random() < GAP_SHARE:
            late = GAP + MINUTE
        part = minute + late / 2 if self._chance.random() < IN_PARTS else None
        return minute + MINUTE + late, part

    def list_metrics(self, **_asked: object) -> Mapping[str, Any]:
        """See boto3."""
        self._answer("ListMetrics")
        names = {(model, metric) for model, metric, _ in self._sums}
        return {
            "Metrics": [
                {"MetricName": metric, "Dimensions": [{"Name": "ModelId", "Value": model}]}
                for model, metric in sorted(names)
            ]
        }

    def get_metric_data(self, **asked: Any) -> Mapping[str, Any]:  # noqa: ANN401 - as boto3
        """See boto3. Each point stands there twice."""
        self._answer("GetMetricData")
        results = []
        for query in asked["MetricDataQueries"]:
            metric = query["MetricStat"]["Metric"]
            model, name = metric["Dimensions"][0]["Value"], metric["MetricName"]
            points = self._points(model, name, asked["StartTime"], asked["EndTime"])
            results.append(
                {
                    "Id": query["Id"],
                    "StatusCode": "Complete",
                    "Timestamps": [at for at, _ in points] * 2,
                    "Values": [float(value) for _, value in points] * 2,
                }
            )
        return {"MetricDataResults": results}

    def _points(
        self, model: str, metric: str, start: datetime, end: datetime
    ) -> list[tuple[datetime, int]]:
        found, now, minute = [], self._clock.now(), start
        while minute < end:
            name = model, metric, minute
            whole_at, part_at = self._shown.get(name, (None, None))
            if whole_at is not None and whole_at <= now:
                found.append((minute, self._sums[name]))
            elif part_at is not None and part_at <= now and minute + MINUTE <= now:
                found.append((minute, self._sums[name] // 2))
            minute += MINUTE
        return found

    def _answer(self, operation: str) -> None:
        if self.refuses:
            error: Any = {"Error": {"Code": "Throttling", "Message": "Rate exceeded"}}
            raise ClientError(error, operation)
