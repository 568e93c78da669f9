"""Where mails wait, and how they go."""

from functools import cache
from typing import TYPE_CHECKING

from cost_sentry.bootstrap.table import ledger_calls, settings

if TYPE_CHECKING:
    from cost_sentry.adapters.dynamodb_alert_outbox import DynamoDbAlertOutbox
    from cost_sentry.adapters.dynamodb_notice_outbox import DynamoDbNoticeOutbox
    from cost_sentry.adapters.sns_alerts import SnsAlerts


@cache
def outbox() -> "DynamoDbAlertOutbox":
    """Alerts that must reach somebody."""
    from cost_sentry.adapters.dynamodb_alert_outbox import DynamoDbAlertOutbox
    from cost_sentry.adapters.system_clock import pause

    return DynamoDbAlertOutbox(ledger_calls(), pause)


@cache
def notices() -> "DynamoDbNoticeOutbox":
    """Mails about anything but thresholds that must reach somebody."""
    from cost_sentry.adapters.dynamodb_notice_outbox import DynamoDbNoticeOutbox
    from cost_sentry.adapters.system_clock import pause

    return DynamoDbNoticeOutbox(ledger_calls(), pause)


@cache
def alerts() -> "SnsAlerts":
    """The way to people's mailboxes."""
    from cost_sentry.adapters.aws_clients import sns_client
    from cost_sentry.adapters.sns_alerts import SnsAlerts

    return SnsAlerts(sns_client(), settings().alert_topic_arn)
