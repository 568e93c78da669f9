"""Alerts as JSON text in the outbox."""

import json
from datetime import datetime

from cost_sentry.adapters.reservation_record import record_text
from cost_sentry.domain.alert import Alert, AlertKey
from cost_sentry.domain.budget import Unit


def alert_to_json(alert: Alert) -> str:
    """The text of an alert; the inverse of ``alert_from_json``."""
    return record_text(
        {
            "budget": alert.key.budget_id,
            "window": alert.key.window_id,
            "threshold": alert.key.threshold_percent,
            "unit": alert.unit.value,
            "limit": alert.limit,
            "posted": alert.posted,
            "at": alert.recorded_at.isoformat(),
            "to": list(alert.recipients),
            "subject": alert.subject,
            "body": alert.body,
        }
    )


def alert_from_json(text: str) -> Alert:
    """The alert of a text; ``KeyError`` or ``ValueError`` if it is none."""
    record = json.loads(text)
    alert_key = AlertKey(
        budget_id=record["budget"],
        window_id=record["window"],
        threshold_percent=record["threshold"],
    )
    return Alert(
        key=alert_key,
        unit=Unit(record["unit"]),
        limit=record["limit"],
        posted=record["posted"],
        recorded_at=datetime.fromisoformat(record["at"]),
        recipients=tuple(record["to"]),
        subject=record["subject"],
        body=record["body"],
    )
