"""Usage reconciliation, by the clock: what passed no gate is charged, and who may not is told."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from cost_sentry.adapters.reconciliation_report import counts_of, events_of, gauges_of, unread_text
from cost_sentry.bootstrap import usage

logger = Logger(service="usage_reconciliation")
NAMESPACE = "CostSentry"
metrics = Metrics(namespace=NAMESPACE, service="usage_reconciliation")


@metrics.log_metrics
def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Any event to ``{"compared", "booked", "waits"}``."""
    done = usage.usage_reconciliation().run()
    for name, count in counts_of(done).items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=count)
    for model, name, value in gauges_of(done):
        with single_metric(name, MetricUnit.Count, value, namespace=NAMESPACE) as metric:
            metric.add_dimension(name="model", value=model)
    for event in events_of(done):
        logger.warning("ExternalUsage", extra=event)
    told = {"compared": len(done.compared), "booked": len(done.booked), "waits": done.waits}
    if done.compared or done.problems or done.waits or done.unread:
        more = {"problems": done.problems, "unread": unread_text(done)}
        logger.info("reconciled", extra={**told, **more})
    return told
