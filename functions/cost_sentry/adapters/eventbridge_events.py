"""Anomalies as events on the account's default bus."""

import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cost_sentry.adapters.anomaly_record import anomaly_document
from cost_sentry.application.anomaly_ports import AnomalyNotRaised
from cost_sentry.domain.anomaly import Anomaly

SOURCE = "cost-sentry"
DETAIL_TYPE = "Anomaly"


class EventBridgeEvents:
    """``application.anomaly_ports.Events``."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - boto3 client
        self._client = client

    def raise_(self, anomaly: Anomaly) -> None:
        """See the port. EventBridge may refuse an entry in an answer that is no error."""
        entry = {
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "Detail": json.dumps(anomaly_document(anomaly)),
            "Time": anomaly.now,
        }
        try:
            answer = self._client.put_events(Entries=[entry])
        except (ClientError, BotoCoreError) as error:
            raise AnomalyNotRaised(f"{anomaly.id}: {error}") from error
        if answer.get("FailedEntryCount"):
            refused = answer["Entries"][0]
            why = f"{refused.get('ErrorCode')}: {refused.get('ErrorMessage')}"
            raise AnomalyNotRaised(f"{anomaly.id}: {why}")
