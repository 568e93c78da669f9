"""What watching over incidents takes."""

from functools import cache
from typing import TYPE_CHECKING

from cost_sentry.bootstrap.table import dynamodb_client, ledger_calls, settings

if TYPE_CHECKING:
    from cost_sentry.application.incident_parts import IncidentParts
    from cost_sentry.application.send_alerts import SendOutcome

NOTICES_PER_RUN_MAX = 10
"""Mails that one response sends; what is left goes out with the next scheduled run."""


@cache
def incident_parts() -> "IncidentParts":
    """Everything that responding and lifting take besides the event."""
    from cost_sentry import bootstrap
    from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
    from cost_sentry.adapters.dynamodb_incidents import DynamoDbIncidents
    from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
    from cost_sentry.adapters.dynamodb_measures import DynamoDbMeasures
    from cost_sentry.adapters.dynamodb_meters import DynamoDbMeters
    from cost_sentry.adapters.system_clock import pause
    from cost_sentry.application.incident_parts import IncidentParts

    calls, clock = ledger_calls(), bootstrap.clock()
    journal_calls = JournalCalls(dynamodb_client(), settings().table_name)
    return IncidentParts(
        incidents=DynamoDbIncidents(calls, pause),
        measures=DynamoDbMeasures(calls, pause, clock),
        books=DynamoDbBooks(calls, pause, clock),
        notices=bootstrap.notices(),
        journal=bootstrap.journal(),
        meters=DynamoDbMeters(journal_calls, calls, clock.now),
        config_source=bootstrap.config_source(),
        clock=clock,
    )


def send_notices() -> "SendOutcome":
    """At once what is due; nobody waits for the schedule to hear of an incident."""
    from cost_sentry import bootstrap
    from cost_sentry.application.send_alerts import send_alerts

    outbox, alerts, clock = bootstrap.notices(), bootstrap.alerts(), bootstrap.clock()
    return send_alerts(outbox, alerts, clock, NOTICES_PER_RUN_MAX)
