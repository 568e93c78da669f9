"""Sleeps of endpoints in the table: one item for each endpoint.

| item | pk | sk |
| --- | --- | --- |
| the last sleep of an endpoint | ``ENDPOINTS`` | its name |
"""

from datetime import datetime
from typing import Any

from cost_sentry.adapters.ledger_calls import LedgerCalls, Written
from cost_sentry.adapters.ledger_items import Item, Key, key, number
from cost_sentry.adapters.sleep_record import sleep_from_text, sleep_to_text
from cost_sentry.application.endpoint_ports import AllSleeps, UnreadableSleep
from cost_sentry.domain.endpoint_sleep import SleepRecord
from cost_sentry.domain.errors import InvariantViolated

PARTITION = "ENDPOINTS"


class DynamoDbSleeps:
    """``application.endpoint_ports.SleepRecords``.

    Args:
        calls: the ledger's table.
    """

    def __init__(self, calls: LedgerCalls) -> None:
        self._calls = calls

    def read(self, endpoint: str) -> SleepRecord | None:
        """See the port."""
        item = self._calls.get(_key(endpoint))
        return None if item is None else _record(item)

    def all(self) -> AllSleeps:
        """See the port."""
        records, unreadable = [], []
        for item in self._calls.query(PARTITION):
            try:
                records.append(_record(item))
            except InvariantViolated as error:
                unreadable.append(UnreadableSleep(endpoint=item["sk"]["S"], why=f"{error}"))
        return AllSleeps(records=records, unreadable=unreadable)

    def forget(self, record: SleepRecord) -> bool:
        """See the port. A wish that is newer than the record goes with it."""
        deletion = {
            "Key": _key(record.endpoint),
            "ConditionExpression": "revision = :seen",
            "ExpressionAttributeValues": {":seen": number(record.revision)},
        }
        return isinstance(self._calls.transact([{"Delete": deletion}]), Written)

    def put(self, record: SleepRecord, replaces: SleepRecord | None) -> bool:
        """See the port. One write, on the condition that nobody wrote since."""
        values: dict[str, Any] = {
            ":record": {"S": sleep_to_text(record)},
            ":revision": number(record.revision),
        }
        condition = "attribute_not_exists(pk)"
        if replaces is not None:
            condition, values[":before"] = "revision = :before", number(replaces.revision)
        served = " REMOVE wanted_at" if record.is_served else ""
        arguments = {
            "Key": _key(record.endpoint),
            "UpdateExpression": f"SET sleep = :record, revision = :revision{served}",
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
        }
        return isinstance(self._calls.update(arguments), Written)

    def want(self, endpoint: str, at: datetime) -> None:
        """See the port."""
        self._calls.update(
            {
                "Key": _key(endpoint),
                "UpdateExpression": "SET wanted_at = :at",
                "ConditionExpression": "attribute_exists(pk)",
                "ExpressionAttributeValues": {":at": {"S": at.isoformat()}},
            }
        )


def _key(endpoint: str) -> Key:
    return key(PARTITION, endpoint)


def _record(item: Item) -> SleepRecord:
    """A record that cannot be read is kept, and stops whoever would write over it."""
    wanted = item.get("wanted_at", {}).get("S")
    try:
        return sleep_from_text(
            item["sleep"]["S"], None if wanted is None else datetime.fromisoformat(wanted)
        )
    except ValueError as error:
        raise InvariantViolated(
            f"the sleep of {item['sk']['S']} cannot be read: {error}"
        ) from error
