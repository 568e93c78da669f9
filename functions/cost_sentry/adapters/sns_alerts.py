"""Alerts by SNS: one topic, one e-mail subscription per address, filtered by recipients."""

import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cost_sentry.application.journal_ports import AlertNotPublished
from cost_sentry.domain.alert import Alert


class SnsAlerts:
    """``application.journal_ports.Alerts``.

    Args:
        client: boto3's SNS client, with time limits well below the outbox's claim of 60 s.
        topic_arn: the topic whose subscriptions have the filter ``{"recipients": [<address>]}``.
    """

    def __init__(self, client: Any, topic_arn: str) -> None:  # noqa: ANN401 - boto3 client
        self._client = client
        self._topic_arn = topic_arn

    def publish(self, alert: Alert) -> None:
        """See the port."""
        recipients = json.dumps(list(alert.recipients))
        try:
            self._client.publish(
                TopicArn=self._topic_arn,
                Subject=alert.subject,
                Message=alert.body,
                MessageAttributes={
                    "recipients": {"DataType": "String.Array", "StringValue": recipients}
                },
            )
        except (ClientError, BotoCoreError) as error:
            raise AlertNotPublished(
                f"{alert.key.budget_id} at {alert.key.threshold_percent}%: {error}"
            ) from error
