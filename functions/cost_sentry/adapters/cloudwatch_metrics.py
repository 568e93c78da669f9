"""What Amazon Bedrock metered, by ``AWS/Bedrock`` metrics of the account and Region.

Bedrock user guide, "Amazon Bedrock runtime metrics": one dimension, ``ModelId``. Tokens of the
prompt cache were published under two names; whichever has data counts, and never both.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cost_sentry.application.usage_ports import MetricsUnavailable
from cost_sentry.domain.meter import Counts, minute_of

NAMESPACE, DIMENSION = "AWS/Bedrock", "ModelId"
METRICS = {
    "Invocations": "calls",
    "InputTokenCount": "input_tokens",
    "OutputTokenCount": "output_tokens",
    "CacheReadInputTokens": "cache_read_tokens",
    "CacheReadInputTokenCount": "cache_read_tokens",
    "CacheWriteInputTokens": "cache_write_tokens",
    "CacheWriteInputTokenCount": "cache_write_tokens",
}
"""Which count each metric is."""
QUERIES_MAX = 500
"""Of one ``GetMetricData``: CloudWatch's limit."""
PAGES_MAX = 200
"""An answer that has still more is one that nobody can trust to end."""
LISTED_FOR = timedelta(minutes=5)
"""How long a list of models is used: a list costs as much as a metric."""
COUNT_MAX = 10**15
"""No minute has more of anything; a point that says so is none."""
MODEL_NAME = re.compile(r"[!-~]{1,255}")
_SECONDS = 60
_COMPLETE = "Complete"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """The names of the metrics of each model, and when they were listed."""

    at: datetime | None = None
    metrics: Mapping[str, list[str]] = field(default_factory=dict)


class CloudWatchMetrics:
    """``usage_ports.ModelMetrics``.

    Args:
        client: boto3's CloudWatch client.
    """

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - boto3 client
        self._client = client
        self._recent = _Listed()
        self._all = _Listed()

    def recent(self, now: datetime) -> Sequence[str]:
        """See the port."""
        self._recent = self._kept_or_new(self._recent, now, {"RecentlyActive": "PT3H"})
        return sorted(self._recent.metrics)

    def listed(self, now: datetime) -> Sequence[str]:
        """See the port."""
        self._all = self._kept_or_new(self._all, now, {})
        return sorted(self._all.metrics)

    def _kept_or_new(self, kept: "_Listed", now: datetime, only: Mapping[str, str]) -> "_Listed":
        if kept.at is not None and now - kept.at < LISTED_FOR:
            return kept
        return _Listed(at=now, metrics=self._list(only))

    def _list(self, only: Mapping[str, str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        asked = {"Namespace": NAMESPACE, **only}
        for page in self._pages(self._client.list_metrics, asked):
            for metric in page.get("Metrics", ()):
                name, model = metric.get("MetricName"), _model_of(metric.get("Dimensions", ()))
                if name in METRICS and model is not None:
                    found.setdefault(model, []).append(name)
        return found

    def minutes(
        self, models: Sequence[str], since: datetime, until: datetime
    ) -> Mapping[str, Mapping[datetime, Counts]]:
        """See the port. Of a model that was listed only its own metrics are asked for."""
        known = {**self._all.metrics, **self._recent.metrics}
        named = [(m, name) for m in models for name in known.get(m) or METRICS]
        found: dict[str, dict[datetime, dict[str, int]]] = {}
        for start in range(0, len(named) if since < until else 0, QUERIES_MAX):
            part = named[start : start + QUERIES_MAX]
            for (model, name), minute, count in self._points(part, since, until):
                counts = found.setdefault(model, {}).setdefault(minute, {})
                kind = METRICS[name]
                counts[kind] = max(counts.get(kind, 0), count)
        return {
            model: {minute: Counts(**counts) for minute, counts in minutes.items()}
            for model, minutes in found.items()
        }

    def _points(
        self, named: Sequence[tuple[str, str]], since: datetime, until: datetime
    ) -> Iterator[tuple[tuple[str, str], datetime, int]]:
        asked = {
            "MetricDataQueries": [_query(i, *each) for i, each in enumerate(named)],
            "StartTime": since,
            "EndTime": until,
            "ScanBy": "TimestampAscending",
        }
        incomplete: set[str] = set()
        for page in self._pages(self._client.get_metric_data, asked):
            for result in page.get("MetricDataResults", ()):
                place = _place(result.get("Id"), len(named))
                if place is None:
                    continue
                status = result.get("StatusCode", _COMPLETE)
                (incomplete.discard if status == _COMPLETE else incomplete.add)(result["Id"])
                for minute, count in _good_points(result, since, until):
                    yield named[place], minute, count
        if incomplete:
            raise MetricsUnavailable(f"CloudWatch left out data of {len(incomplete)} metrics")

    def _pages(self, call: Any, asked: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - boto3 method
        token: dict[str, str] = {}
        for _ in range(PAGES_MAX):
            try:
                page = call(**asked, **token)
            except (ClientError, BotoCoreError) as error:
                raise MetricsUnavailable(f"CloudWatch could not be asked: {error}") from error
            yield page
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}
        raise MetricsUnavailable(f"CloudWatch's answer did not end after {PAGES_MAX} pages")


def _model_of(dimensions: Sequence[Mapping[str, str]]) -> str | None:
    """The model of a metric whose only dimension it is."""
    if len(dimensions) != 1 or dimensions[0].get("Name") != DIMENSION:
        return None
    name = dimensions[0].get("Value", "")
    return name if MODEL_NAME.fullmatch(name) else None


def _query(place: int, model: str, name: str) -> dict[str, Any]:
    metric = {
        "Namespace": NAMESPACE,
        "MetricName": name,
        "Dimensions": [{"Name": DIMENSION, "Value": model}],
    }
    stat = {"Metric": metric, "Period": _SECONDS, "Stat": "Sum"}
    return {"Id": f"q{place}", "MetricStat": stat, "ReturnData": True}


def _place(query_id: object, count: int) -> int | None:
    """Which query a result answers; ``None`` for none that was asked."""
    match = re.fullmatch(r"q([0-9]{1,3})", query_id) if isinstance(query_id, str) else None
    place = int(match[1]) if match else count
    return place if place < count else None


def _good_points(
    result: Mapping[str, Any], since: datetime, until: datetime
) -> Iterator[tuple[datetime, int]]:
    """Points that say how many of something there were in a minute that was asked for."""
    for at, value in zip(result.get("Timestamps", ()), result.get("Values", ()), strict=False):
        if not isinstance(at, datetime) or at.tzinfo is None:
            continue
        minute, count = minute_of(at.astimezone(UTC)), _count(value)
        if count is not None and since <= minute < until:
            yield minute, count


def _count(value: object) -> int | None:
    """A whole number that is none of money, though CloudWatch keeps it as a double."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return round(value) if 0 < value <= COUNT_MAX else None
