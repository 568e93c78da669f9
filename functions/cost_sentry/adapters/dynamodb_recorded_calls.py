"""The calls of some days, out of the whole table: for an operator's command, never for a function.

Nothing in the table is ordered by time, so every item is read, and those of other times are left
out by DynamoDB before they travel. Reads only.
"""

from collections.abc import Iterator
from datetime import datetime
from math import ceil
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cost_sentry.adapters.decision_record import recorded_decision_of
from cost_sentry.adapters.dynamodb_journal_items import entry_of
from cost_sentry.adapters.ledger_items import Item
from cost_sentry.application.journal_ports import RecordedPage, RecordSize
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.ledger_entry import LedgerEntry

_BYTES_PER_READ_UNIT = 2 * 4096
"""Of a scan that need not see the last second."""


class DynamoDbRecordedCalls:
    """``application.journal_ports.RecordedRequests``.

    Args:
        client: a low-level boto3 DynamoDB client.
        table_name: the ledger's table.
    """

    def __init__(self, client: Any, table_name: str) -> None:  # noqa: ANN401 - boto3 client
        self._client = client
        self._table = table_name

    def size(self) -> RecordSize:
        """See the port. DynamoDB counts every six hours or so."""
        table = self._asked("describe_table", TableName=self._table)["Table"]
        units = -(-table.get("TableSizeBytes", 0) // _BYTES_PER_READ_UNIT)
        return RecordSize(items=table.get("ItemCount", 0), read_units=units)

    def pages(self, start: datetime, end: datetime) -> Iterator[RecordedPage]:
        """See the port."""
        arguments: dict[str, Any] = {
            "TableName": self._table,
            "FilterExpression": "begins_with(pk, :request) AND #at BETWEEN :start AND :end",
            "ProjectionExpression": "pk, sk, #record, #sequence, #at, #decision",
            "ExpressionAttributeNames": {
                f"#{name}": name for name in ("record", "sequence", "at", "decision")
            },
            "ExpressionAttributeValues": {
                ":request": {"S": "REQUEST#"},
                # As text, which sorts as the times do: all of them are ISO 8601 in UTC.
                ":start": {"S": start.isoformat()},
                ":end": {"S": end.isoformat()},
            },
            "ReturnConsumedCapacity": "TOTAL",
        }
        while True:
            page = self._asked("scan", **arguments)
            yield _page(page)
            if "LastEvaluatedKey" not in page:
                return
            arguments["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _asked(self, operation: str, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(**arguments)
        except BotoCoreError as error:
            raise LedgerUnavailable(f"the journal did not answer: {error}") from error
        except ClientError as error:
            if error.response["Error"]["Code"] == "AccessDeniedException":
                raise
            raise LedgerUnavailable(f"the journal could not be asked: {error}") from error
        return answer


def _page(page: dict[str, Any]) -> RecordedPage:
    capacity = page.get("ConsumedCapacity", {}).get("CapacityUnits", 0)
    return RecordedPage(
        records=tuple(record for item in page["Items"] for record in _records(item)),
        scanned=page.get("ScannedCount", len(page["Items"])),
        read_units=ceil(capacity),
    )


def _records(item: Item) -> Iterator[Any]:
    decision = recorded_decision_of(item)
    entry: LedgerEntry | None = entry_of(item) if decision is None else None
    yield from (one for one in (decision, entry) if one is not None)
