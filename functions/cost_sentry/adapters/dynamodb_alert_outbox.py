"""The alert outbox on DynamoDB.

| item | pk | sk | kept |
| --- | --- | --- | --- |
| the alert | ``BUDGET#<id>`` | ``ALERT#<window id>#<threshold>`` | for ever: it makes it once |
| what waits | ``ALERTS`` | ``<id>#<window id>#<threshold>`` | until it is sent |

Both are written in one transaction, so an alert is never on record without waiting to be sent, and
those who send read a partition that is empty most of the time.
"""

from collections.abc import Callable, Mapping
from typing import Any

from cost_sentry.adapters.alert_record import alert_from_json, alert_to_json
from cost_sentry.adapters.dynamodb_journal_items import Action, totals_key
from cost_sentry.adapters.journal_progress import number_set
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.ledger_items import key
from cost_sentry.adapters.mail_queue import PENDING, UNADDRESSED, MailQueue
from cost_sentry.adapters.run_windows import gone_after
from cost_sentry.domain.alert import Alert, AlertKey

_QUEUE = "ALERTS"


class DynamoDbAlertOutbox(MailQueue[Alert, AlertKey]):
    """``application.journal_ports.AlertOutbox``.

    Args:
        calls: the table.
        pause: waits a little after the n-th meeting with another writer.
    """

    def __init__(self, calls: LedgerCalls, pause: Callable[[int], None]) -> None:
        super().__init__(
            calls,
            pause,
            partition=_QUEUE,
            record_key=_record_key,
            waiting_key=_waiting_key,
            read=lambda item: alert_from_json(item["alert"]["S"]),
        )

    def record(self, alert: Alert) -> bool:
        """See the port. An alert for nobody is on record, and waits for nothing."""
        kept = [_put_record(alert), _note_in_totals(alert)]
        put = self.put(alert.key, "alert", alert_to_json(alert), alert.recorded_at)
        waiting = [put] if alert.recipients else []
        return self.transact([*kept, *waiting], f"budget {alert.key.budget_id!r}")


def _put_record(alert: Alert) -> Action:
    state = PENDING if alert.recipients else UNADDRESSED
    item = {
        **_record_key(alert.key),
        "alert": {"S": alert_to_json(alert)},
        "state": {"S": state},
        **gone_after(alert.key.window_id),
    }
    return {"Put": {"Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}


def _note_in_totals(alert: Alert) -> Action:
    """So that later runs, which read the totals anyway, do not try to record it again."""
    return {
        "Update": {
            "Key": totals_key(alert.key.budget_id, alert.key.window_id),
            "UpdateExpression": "ADD alerted_percent :threshold",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeValues": {
                ":threshold": number_set(frozenset({alert.key.threshold_percent}))
            },
        }
    }


def _record_key(of: AlertKey) -> Mapping[str, Any]:
    return key(f"BUDGET#{of.budget_id}", f"ALERT#{of.window_id}#{of.threshold_percent:03d}")


def _waiting_key(of: AlertKey) -> Mapping[str, Any]:
    return key(_QUEUE, f"{of.budget_id}#{of.window_id}#{of.threshold_percent:03d}")
