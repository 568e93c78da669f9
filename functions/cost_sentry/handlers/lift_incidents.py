"""Lift incidents: the cool-down of a scope's incident is over, or has been prolonged."""

from typing import Any

from aws_lambda_powertools import Logger

from cost_sentry.adapters.incident_answer import incident_answer
from cost_sentry.application.lift_incidents import end_incident
from cost_sentry.bootstrap import incidents

logger = Logger(service="lift_incidents")


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """``{"scope": key}`` to the same as ``respond_to_anomaly``."""
    incident = end_incident(event["scope"], incidents.incident_parts())
    answer = incident_answer("ended" if incident and incident.is_over else "goes-on", incident)
    sending = incidents.send_notices()
    logger.info("looked", extra={**answer, "problems": sending.problems})
    return answer
