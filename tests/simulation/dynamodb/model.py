"""DynamoDB as one table behind its operations, at the level of the low-level client."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.simulation.dynamodb import reads
from tests.simulation.dynamodb.items import Items
from tests.simulation.dynamodb.transactions import OPERATION, Prepared, Transactions
from tests.simulation.dynamodb.writes import OPERATIONS, write_one

Request = Mapping[str, Any]


class DynamoDbModel:
    """One table. Every operation but a transaction happens at one instant.

    Args:
        now: virtual time in microseconds.
        stale: drawn at each eventually consistent read; whether it meets an older version.
    """

    def __init__(self, now: Callable[[], int], stale: Callable[[], bool] = lambda: False) -> None:
        self.items = Items(now)
        self.operations = 0
        """Requests that reached the table."""
        self._stale = stale
        self._transactions = Transactions(self.items, now)

    def prepare(self, request: Request) -> Prepared:
        """A transaction arrives: its items are its own until ``finish``."""
        self.operations += 1
        return self._transactions.prepare(request)

    def finish(self, prepared: Prepared) -> dict[str, Any]:
        """A transaction is carried out."""
        return self._transactions.finish(prepared)

    def run(self, operation: str, request: Request) -> dict[str, Any]:
        """Any operation, at this instant; ``ClientError`` as boto3 raises it."""
        if operation == OPERATION:
            return self.finish(self.prepare(request))
        self.operations += 1
        if operation in OPERATIONS:
            return write_one(self.items, operation, request)
        if operation == "TransactGetItems":
            return reads.transact_get_items(self.items, request)
        read = {
            "GetItem": reads.get_item,
            "BatchGetItem": reads.batch_get_item,
            "Query": reads.query,
        }[operation]
        return read(self.items, request, stale=self._stale())


METHODS = {
    "update_item": "UpdateItem",
    "put_item": "PutItem",
    "delete_item": "DeleteItem",
    "get_item": "GetItem",
    "batch_get_item": "BatchGetItem",
    "query": "Query",
    "transact_write_items": OPERATION,
    "transact_get_items": "TransactGetItems",
}
"""boto3's names of the operations."""


class InstantClient:
    """A boto3-shaped client for whom nothing takes time and nothing fails."""

    def __init__(self, model: DynamoDbModel) -> None:
        self._model = model

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        if name not in METHODS:
            raise AttributeError(name)
        return lambda **request: self._model.run(METHODS[name], request)
