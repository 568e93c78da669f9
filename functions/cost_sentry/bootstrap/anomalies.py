"""Where the detector meets its adapters; apart, for no call waits for any of it."""

from functools import cache

from cost_sentry import bootstrap
from cost_sentry.adapters.aws_clients import events_client
from cost_sentry.adapters.dynamodb_detector_states import DynamoDbDetectorStates
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.dynamodb_meters import DynamoDbMeters
from cost_sentry.adapters.eventbridge_events import EventBridgeEvents
from cost_sentry.application.detect_anomalies import AnomalyDetector
from cost_sentry.bootstrap.table import dynamodb_client, ledger_calls, settings
from cost_sentry.domain.burn_rules import BurnRules

SCOPES_PER_RUN_MAX = 500
"""Each takes two reads; more of them take turns."""


@cache
def anomaly_detector() -> AnomalyDetector:
    """The use case behind ``detect_anomalies``."""
    calls, clock = ledger_calls(), bootstrap.clock()
    journal_calls = JournalCalls(dynamodb_client(), settings().table_name)
    return AnomalyDetector(
        meters=DynamoDbMeters(journal_calls, calls, clock.now),
        states=DynamoDbDetectorStates(calls),
        events=EventBridgeEvents(events_client()),
        config_source=bootstrap.config_source(),
        clock=clock,
        rules=BurnRules(),
    )
