"""What retries are paid with, and which were granted. Nothing here is read before it is written."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from cost_sentry.adapters.circuit_items import bank_key, granted_key
from cost_sentry.adapters.ledger_calls import ConditionFailed, Conflict, LedgerCalls, Written
from cost_sentry.adapters.ledger_items import number
from cost_sentry.domain.retry import PRICE, SAVED_RETRIES_MAX

ATTEMPTS_MAX = 5
"""Meetings with other writers before the answer is no."""
CAP = SAVED_RETRIES_MAX * PRICE


class DynamoDbRetries:
    """``application.circuit_ports.RetryBank`` and ``RetryRecords``.

    Args:
        calls: the ledger's table.
        region: of the deployment.
        pause: waits a little after the n-th meeting with another writer.
    """

    def __init__(self, calls: LedgerCalls, region: str, pause: Callable[[int], None]) -> None:
        self._calls = calls
        self._bank = bank_key(region)
        self._pause = pause

    def earn(self, parts: int) -> None:
        """See the port. What finds no room is lost, and so is what meets too many other writers.

        By transactions, whose token makes one of those that are sent again for want of an answer.
        """
        for attempt in range(ATTEMPTS_MAX):
            outcome = self._calls.transact([{"Update": self._added(parts)}])
            if isinstance(outcome, ConditionFailed):
                # It is filled up to its cap, by less than was earned, or it is full.
                outcome = self._calls.transact([{"Update": self._filled(parts)}])
            if isinstance(outcome, Written):
                return
            self._pause(attempt)

    def _added(self, parts: int) -> dict[str, Any]:
        return {
            "Key": self._bank,
            "UpdateExpression": "ADD parts :parts",
            "ConditionExpression": "attribute_not_exists(parts) OR parts <= :room",
            "ExpressionAttributeValues": {":parts": number(parts), ":room": number(CAP - parts)},
        }

    def _filled(self, parts: int) -> dict[str, Any]:
        return {
            "Key": self._bank,
            "UpdateExpression": "SET parts = :cap",
            "ConditionExpression": "parts > :room",
            "ExpressionAttributeValues": {":cap": number(CAP), ":room": number(CAP - parts)},
        }

    def grant(self, account: str, attempt_id: str, at: datetime) -> bool:
        """See the port. Spent and noted in one transaction, so that both happen once or never."""
        there = {**granted_key(account, attempt_id), "at": {"S": at.isoformat()}}
        put = {"Item": there, "ConditionExpression": "attribute_not_exists(pk)"}
        pay = {
            "Key": self._bank,
            "UpdateExpression": "ADD parts :less",
            "ConditionExpression": "parts >= :price",
            "ExpressionAttributeValues": {":less": number(-PRICE), ":price": number(PRICE)},
        }
        for attempt in range(ATTEMPTS_MAX):
            outcome = self._calls.transact([{"Put": put}, {"Update": pay}])
            if isinstance(outcome, ConditionFailed):
                return 0 in outcome.at  # Granted to this very attempt before.
            if not isinstance(outcome, Conflict):
                return isinstance(outcome, Written)
            self._pause(attempt)
        return False

    def granted_at(self, account: str, attempt_id: str) -> datetime | None:
        """See the port."""
        item = self._calls.get(granted_key(account, attempt_id))
        return None if item is None else datetime.fromisoformat(item["at"]["S"])
