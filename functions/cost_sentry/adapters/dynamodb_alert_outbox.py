"""The alert outbox on DynamoDB.

| item | pk | sk | kept |
| --- | --- | --- | --- |
| the alert | ``BUDGET#<id>`` | ``ALERT#<window id>#<threshold>`` | for ever: it makes it once |
| what waits | ``ALERTS`` | ``<id>#<window id>#<threshold>`` | until it is sent |

Both are written in one transaction, so an alert is never on record without waiting to be sent, and
those who send read a partition that is empty most of the time.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from cost_sentry.adapters.alert_record import alert_from_json, alert_to_json
from cost_sentry.adapters.dynamodb_journal_items import Action, totals_key
from cost_sentry.adapters.journal_progress import number_set
from cost_sentry.adapters.ledger_calls import ConditionFailed, LedgerCalls, Written
from cost_sentry.adapters.ledger_items import key, number
from cost_sentry.adapters.run_windows import gone_after
from cost_sentry.domain.alert import Alert, AlertKey
from cost_sentry.domain.errors import LedgerContention

ATTEMPTS_MAX = 30
"""Conflicts with other writers before giving up with ``LedgerContention``."""
ERROR_CHARACTERS_MAX = 500
_QUEUE = "ALERTS"
_PENDING, _SENT, _UNADDRESSED = "PENDING", "SENT", "UNADDRESSED"


class DynamoDbAlertOutbox:
    """``application.journal_ports.AlertOutbox``.

    Args:
        calls: the table.
        pause: waits a little after the n-th meeting with another writer.
    """

    def __init__(self, calls: LedgerCalls, pause: Callable[[int], None]) -> None:
        self._calls = calls
        self._pause = pause

    def record(self, alert: Alert) -> bool:
        """See the port. An alert for nobody is on record, and waits for nothing."""
        kept = [_put_record(alert), _note_in_totals(alert)]
        waiting = [_put_in_queue(alert)] if alert.recipients else []
        return self._transact([*kept, *waiting], alert.key)

    def tell(self, alert: Alert) -> bool:
        """See ``usage_ports.Notices``. It is of no budget window, so no totals say it was told."""
        waiting = [_put_in_queue(alert)] if alert.recipients else []
        return self._transact([_put_record(alert), *waiting], alert.key)

    def due(self, now: datetime, batch_max: int) -> Sequence[Alert]:
        """See the port."""
        waiting = self._calls.query(_QUEUE)
        due = [item for item in waiting if int(item["due_at"]["N"]) <= _milliseconds(now)]
        return [alert_from_json(item["alert"]["S"]) for item in due[:batch_max]]

    def claim(self, key: AlertKey, now: datetime, until: datetime) -> int | None:
        """See the port."""
        outcome = self._calls.update(
            {
                "Key": _queue_key(key),
                "UpdateExpression": "SET due_at = :until ADD attempts :one",
                "ConditionExpression": "attribute_exists(pk) AND due_at <= :now",
                "ExpressionAttributeValues": {
                    ":until": number(_milliseconds(until)),
                    ":now": number(_milliseconds(now)),
                    ":one": number(1),
                },
                "ReturnValues": "UPDATED_NEW",
            }
        )
        return int(outcome.attributes["attempts"]["N"]) if isinstance(outcome, Written) else None

    def mark_sent(self, key: AlertKey, at: datetime) -> None:
        """See the port."""
        sent: Action = {
            "Update": {
                "Key": _record_key(key),
                "UpdateExpression": "SET #state = :sent, sent_at = :at",
                "ExpressionAttributeNames": {"#state": "state"},
                "ExpressionAttributeValues": {":sent": {"S": _SENT}, ":at": {"S": at.isoformat()}},
            }
        }
        self._transact([sent, {"Delete": {"Key": _queue_key(key)}}], key)

    def mark_failed(self, key: AlertKey, error: str, retry_at: datetime) -> None:
        """See the port. If another writer is in the way the claim lapses by itself."""
        self._calls.update(
            {
                "Key": _queue_key(key),
                "UpdateExpression": "SET due_at = :retry_at, last_error = :error",
                "ConditionExpression": "attribute_exists(pk)",
                "ExpressionAttributeValues": {
                    ":retry_at": number(_milliseconds(retry_at)),
                    ":error": {"S": error[:ERROR_CHARACTERS_MAX]},
                },
            }
        )

    def _transact(self, actions: Sequence[Action], of: AlertKey) -> bool:
        for attempt in range(ATTEMPTS_MAX):
            outcome = self._calls.transact(actions)
            if isinstance(outcome, Written):
                return True
            if isinstance(outcome, ConditionFailed):
                return False
            self._pause(attempt)
        raise LedgerContention(f"budget {of.budget_id!r} has too many writers at once")


def _put_record(alert: Alert) -> Action:
    state = _PENDING if alert.recipients else _UNADDRESSED
    item = {
        **_record_key(alert.key),
        "alert": {"S": alert_to_json(alert)},
        "state": {"S": state},
        **gone_after(alert.key.window_id),
    }
    return {"Put": {"Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}


def _put_in_queue(alert: Alert) -> Action:
    item = {
        **_queue_key(alert.key),
        "alert": {"S": alert_to_json(alert)},
        "due_at": number(_milliseconds(alert.recorded_at)),
        "attempts": number(0),
    }
    return {"Put": {"Item": item}}


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


def _queue_key(of: AlertKey) -> Mapping[str, Any]:
    return key(_QUEUE, f"{of.budget_id}#{of.window_id}#{of.threshold_percent:03d}")


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000 + moment.microsecond // 1000
