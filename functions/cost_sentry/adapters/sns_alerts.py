"""Mails by SNS: one topic, one e-mail subscription per address, filtered by recipients."""

import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cost_sentry.application.journal_ports import AlertNotPublished, Mail


class SnsAlerts:
    """``application.journal_ports.Alerts``.

    Args:
        client: boto3's SNS client, with time limits well below the outbox's claim of 60 s.
        topic_arn: the topic whose subscriptions have the filter ``{"recipients": [<address>]}``.
    """

    def __init__(self, client: Any, topic_arn: str) -> None:  # noqa: ANN401 - boto3 client
        self._client = client
        self._topic_arn = topic_arn

    def publish(self, mail: Mail) -> None:
        """See the port."""
        recipients = json.dumps(list(mail.recipients))
        try:
            self._client.publish(
                TopicArn=self._topic_arn,
                Subject=mail.subject,
                Message=mail.body,
                MessageAttributes={
                    "recipients": {"DataType": "String.Array", "StringValue": recipients}
                },
            )
        except (ClientError, BotoCoreError) as error:
            raise AlertNotPublished(f"{mail.key}: {error}") from error
