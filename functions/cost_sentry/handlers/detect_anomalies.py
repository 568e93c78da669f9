"""Detect anomalies, by the clock: what burns unlike itself is raised as an event."""

from typing import Any

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from cost_sentry.bootstrap import anomalies

SERVICE = "detect_anomalies"
logger = Logger(service=SERVICE)


def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Any event to ``{"looked_at", "raised", "repeated", "passed_over"}``."""
    done = anomalies.anomaly_detector().run(anomalies.SCOPES_PER_RUN_MAX)
    _count("AnomaliesRaised", len(done.raised))
    _count("DetectionProblems", len(done.problems))
    told = {
        "looked_at": done.looked_at,
        "raised": list(done.raised),
        "repeated": done.repeated,
        "passed_over": done.passed_over,
    }
    if done.raised or done.problems or done.passed_over:
        logger.info("looked", extra={**told, "problems": done.problems})
    return told


def _count(name: str, count: int) -> None:
    """A metric that is written costs money by the hour: nothing is written of nothing (P11)."""
    if count:
        with single_metric(
            name=name, unit=MetricUnit.Count, value=count, namespace="CostSentry"
        ) as metric:
            metric.add_dimension(name="service", value=SERVICE)
