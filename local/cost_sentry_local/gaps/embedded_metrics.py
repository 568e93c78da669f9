"""CloudWatch: embedded metric format in a function's log becomes metrics.

docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html. The
emulator stores the log line and nothing else.
"""

import json
from collections.abc import Iterator
from typing import Any

from ministack.services import cloudwatch, lambda_svc

Json = dict[str, Any]


def close() -> None:
    """Wrap the executor, which has the whole log."""
    execute = lambda_svc._execute_function_warm

    def execute_and_measure(func: Json, event: Any, request_id: str) -> Json:
        result: Json = execute(func, event, request_id)
        for document in _documents(result.get("log") or ""):
            _record(document)
        return result

    lambda_svc._execute_function_warm = execute_and_measure


def _documents(log: str) -> Iterator[Json]:
    for line in log.splitlines():
        if '"_aws"' in line:
            try:
                document = json.loads(line)
            except ValueError:
                continue
            if isinstance(document, dict) and isinstance(document.get("_aws"), dict):
                yield document


def _record(document: Json) -> None:
    for directive in document["_aws"].get("CloudWatchMetrics", []):
        for names in directive.get("Dimensions") or [[]]:
            dimensions = {name: str(document[name]) for name in names if name in document}
            for metric in directive.get("Metrics", []):
                values = document.get(metric["Name"], [])
                for value in values if isinstance(values, list) else [values]:
                    cloudwatch.record_metric(
                        directive["Namespace"],
                        metric["Name"],
                        value,
                        metric.get("Unit", "None"),
                        dimensions,
                    )
