"""Respond to anomaly: one event of EventBridge to an incident, or to why there is none."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from cost_sentry import bootstrap
from cost_sentry.adapters.anomaly_events import EventNotUnderstood, sighting_from
from cost_sentry.adapters.incident_answer import incident_answer
from cost_sentry.application.respond_to_anomaly import respond_to_anomaly
from cost_sentry.bootstrap import incidents
from cost_sentry.bootstrap.unreadable_log import tell_unreadable, unreadable_told

logger = Logger(service="respond_to_anomaly")
metrics = Metrics(namespace="CostSentry", service="respond_to_anomaly")


@metrics.log_metrics
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """The event to ``{"response", "scope", "incident", "state", "waits", "endsAt"}``."""
    try:
        sighting = sighting_from(event, bootstrap.clock().now())
    except EventNotUnderstood as error:
        logger.warning("EventNotUnderstood", problem=str(error), event_id=str(event.get("id")))
        _count_not_understood(1)
        return incident_answer("not-understood", None)
    _count_not_understood(0)
    with unreadable_told(logger):
        done = respond_to_anomaly(sighting, incidents.incident_parts())
    answer = incident_answer(done.response.value, done.incident, is_awaited=done.is_awaited)
    sending = incidents.send_notices()
    logger.info("responded", extra={**answer, "problems": sending.problems})
    tell_unreadable(done.unreadable, logger)
    return answer


def _count_not_understood(events: int) -> None:
    metrics.add_metric(name="EventsNotUnderstood", unit=MetricUnit.Count, value=events)
