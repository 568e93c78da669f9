"""Circuits in the table: one item for those that are not closed, and counts by model and time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cost_sentry.adapters.circuit_items import (
    PREFIX,
    calls_key,
    calls_sort_key,
    circuit_text,
    circuits_key,
    circuits_of,
    forgotten_key,
    model_partition,
    tally_of,
)
from cost_sentry.adapters.ledger_calls import LedgerCalls, Written
from cost_sentry.adapters.ledger_items import number
from cost_sentry.domain.circuit import Circuit, Tally

KEPT_SECONDS = 86_400
"""Longer than any window; DynamoDB deletes a count some time after that."""


class DynamoDbCircuits:
    """``application.circuit_ports.CircuitStore``.

    Args:
        calls: the ledger's table.
        region: of the deployment, whose models these are.
    """

    def __init__(self, calls: LedgerCalls, region: str) -> None:
        self._calls = calls
        self._region = region

    def read(self) -> Mapping[str, Circuit]:
        """See the port."""
        return circuits_of(self._calls.get(circuits_key(self._region)))

    def change(self, model_id: str, before: Circuit | None, after: Circuit | None) -> bool:
        """See the port. One write, on the condition that the very text is there still."""
        values = {}
        condition = "attribute_not_exists(#circuit)"
        if before is not None:
            condition, values[":before"] = "#circuit = :before", {"S": circuit_text(before)}
        if after is not None:
            values[":after"] = {"S": circuit_text(after)}
        arguments = {
            "Key": circuits_key(self._region),
            "UpdateExpression": "SET #circuit = :after" if after else "REMOVE #circuit",
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#circuit": f"{PREFIX}{model_id}"},
            "ExpressionAttributeValues": values,
        }
        return isinstance(self._calls.update(arguments), Written)

    def count(self, model_id: str, bucket: int, tally: Tally) -> None:
        """See the port."""
        self._calls.update(
            {
                "Key": calls_key(self._region, model_id, bucket),
                "UpdateExpression": "SET delete_after = :then ADD calls :calls, failures :failures",
                "ExpressionAttributeValues": {
                    ":then": number(bucket + KEPT_SECONDS),
                    ":calls": number(tally.calls),
                    ":failures": number(tally.failures),
                },
            }
        )

    def tally(self, model_id: str, from_bucket: int) -> Tally:
        """See the port."""
        partition = model_partition(self._region, model_id)
        return tally_of(self._calls.query(partition, start_sk=calls_sort_key(from_bucket)))

    def forget(self, model_id: str, at: datetime) -> None:
        """See the port."""
        then = int(at.timestamp()) + KEPT_SECONDS
        arguments: dict[str, Any] = {
            "Key": forgotten_key(self._region, model_id),
            "UpdateExpression": "SET #at = :at, delete_after = :then",
            "ExpressionAttributeNames": {"#at": "at"},
            "ExpressionAttributeValues": {":at": {"S": at.isoformat()}, ":then": number(then)},
        }
        self._calls.update(arguments)
