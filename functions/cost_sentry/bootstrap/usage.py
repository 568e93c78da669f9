"""Where the comparison of usage meets its adapters; apart, for no call waits for any of it."""

from functools import cache

from cost_sentry import bootstrap
from cost_sentry.adapters.aws_clients import bedrock_client, cloudwatch_client
from cost_sentry.adapters.bedrock_profiles import BedrockProfiles
from cost_sentry.adapters.cloudwatch_metrics import CloudWatchMetrics
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.dynamodb_meters import DynamoDbMeters
from cost_sentry.adapters.dynamodb_usage_cursors import DynamoDbStreamWatch, DynamoDbUsageCursors
from cost_sentry.application.usage_reconciliation import UsageReconciliation
from cost_sentry.bootstrap.table import dynamodb_client, ledger_calls, settings


@cache
def usage_reconciliation() -> UsageReconciliation:
    """The use case behind ``usage_reconciliation``."""
    calls, clock = ledger_calls(), bootstrap.clock()
    journal_calls = JournalCalls(dynamodb_client(), settings().table_name)
    return UsageReconciliation(
        metrics=CloudWatchMetrics(cloudwatch_client()),
        profiles=BedrockProfiles(bedrock_client, clock, bootstrap.price_book().region),
        own_use=DynamoDbMeters(journal_calls, calls, clock.now),
        cursors=DynamoDbUsageCursors(calls),
        watch=DynamoDbStreamWatch(calls),
        notices=bootstrap.notices(),
        ledger=bootstrap.ledger(),
        config_source=bootstrap.config_source(),
        price_book=bootstrap.price_book(),
        clock=clock,
    )
