"""Where the adapters of incidents meet their use cases; see ``bootstrap``."""

from functools import cache

from cost_sentry import bootstrap
from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_incidents import DynamoDbIncidents
from cost_sentry.adapters.dynamodb_measures import DynamoDbMeasures
from cost_sentry.adapters.system_clock import pause
from cost_sentry.application.incident_parts import IncidentParts


@cache
def incident_parts() -> IncidentParts:
    """Everything that responding and lifting take besides the event."""
    calls, clock = bootstrap.ledger_calls(), bootstrap.clock()
    return IncidentParts(
        incidents=DynamoDbIncidents(calls, pause),
        measures=DynamoDbMeasures(calls, pause, clock),
        books=DynamoDbBooks(calls, pause, clock),
        notices=bootstrap.notices(),
        journal=bootstrap.journal(),
        config_source=bootstrap.config_source(),
        clock=clock,
    )
