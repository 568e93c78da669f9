"""Project entries: what left the ledger's items, into journal, totals and alerts."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from cost_sentry import bootstrap
from cost_sentry.adapters.stream_records import failures, streamed_entries
from cost_sentry.application.project_entries import project_entries
from cost_sentry.application.projection import Projection
from cost_sentry.bootstrap.figures_log import publish

logger = Logger(service="project_entries")
metrics = Metrics(namespace="CostSentry", service="project_entries")


@metrics.log_metrics
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """A DynamoDB stream event to ``{"batchItemFailures": […]}``."""
    done = project_entries(streamed_entries(event), **bootstrap.projection())
    publish(done.figures, "project_entries")
    _report(done)
    return failures(done.failed_ids)


def _report(done: Projection) -> None:
    for gap in done.gaps:
        logger.error("LedgerGap", place=gap.place, first=gap.first, last=gap.last)
    for problem in (*done.problems, *done.sending.problems):
        logger.error("ProjectionProblem", problem=problem)
    for name, count in done.counts.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=count)
    logger.info("projected", extra={"repeated": done.repeated, **done.counts})
