"""Detect anomalies, by the clock: what burns unlike itself is raised as an event."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from cost_sentry.bootstrap import anomalies

logger = Logger(service="detect_anomalies")
metrics = Metrics(namespace="CostSentry", service="detect_anomalies")


@metrics.log_metrics
def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Any event to ``{"looked_at", "raised", "passed_over"}``."""
    done = anomalies.anomaly_detector().run(anomalies.SCOPES_PER_RUN_MAX)
    if done.raised:
        metrics.add_metric(name="AnomaliesRaised", unit=MetricUnit.Count, value=len(done.raised))
    if done.problems:
        count = len(done.problems)
        metrics.add_metric(name="DetectionProblems", unit=MetricUnit.Count, value=count)
    told = {
        "looked_at": done.looked_at,
        "raised": list(done.raised),
        "passed_over": done.passed_over,
    }
    if done.raised or done.problems or done.passed_over:
        logger.info("looked", extra={**told, "problems": done.problems})
    return told
