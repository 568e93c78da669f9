"""The DynamoDB calls that the journal makes and the ledger does not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cost_sentry.adapters.ledger_items import Item
from cost_sentry.application.decision_log_ports import EntryNotWritable
from cost_sentry.domain.errors import LedgerUnavailable

_CONFLICTS = frozenset({"TransactionConflictException", "TransactionInProgressException"})
_REASONS_TO_RETRY = frozenset(
    {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)
_NEVER = frozenset({"ValidationException", "ValidationError", "ItemCollectionSizeLimitExceeded"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """Nothing was written. ``there`` are the positions of actions whose item was there before."""

    there: frozenset[int]
    conflict: bool
    """Another writer was at one of the items; worth another attempt."""


class JournalCalls:
    """One table behind a low-level boto3 DynamoDB client."""

    def __init__(self, client: Any, table_name: str) -> None:  # noqa: ANN401 - boto3 client
        self._client = client
        self._table = table_name

    def transact(self, actions: Sequence[Mapping[str, Mapping[str, Any]]]) -> Cancelled | None:
        """All of the actions or none; ``None`` when they are written.

        The SDK sends a token of its own with each call, so that its retries after a lost answer
        do not count twice (DynamoDB keeps it for ten minutes).
        """
        items = [
            {verb: {"TableName": self._table, **body} for verb, body in action.items()}
            for action in actions
        ]
        try:
            self._client.transact_write_items(TransactItems=items)
        except ClientError as error:
            return _cancelled(error)
        except BotoCoreError as error:
            raise LedgerUnavailable(f"the journal did not answer: {error}") from error
        return None

    def put_new(self, item: Item) -> bool:
        """Write an item unless something stands there; whether it was written."""
        try:
            self._client.put_item(
                TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(pk)"
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ConditionalCheckFailedException":
                return False
            if code in _NEVER:
                raise EntryNotWritable(f"DynamoDB refuses the write: {error}") from error
            raise LedgerUnavailable(f"the journal could not be asked: {error}") from error
        except BotoCoreError as error:
            raise LedgerUnavailable(f"the journal did not answer: {error}") from error
        return True

    def put(self, item: Item) -> None:
        """Write an item, whatever stood there."""
        try:
            self._client.put_item(TableName=self._table, Item=item)
        except (ClientError, BotoCoreError) as error:
            raise LedgerUnavailable(f"the journal did not answer: {error}") from error

    def query(self, pk: str, sk_prefix: str = "") -> list[Item]:
        """Items of one partition whose sort key begins so, in order, all pages, consistent."""
        condition = "pk = :pk AND begins_with(sk, :sk)" if sk_prefix else "pk = :pk"
        values = {":pk": {"S": pk}, **({":sk": {"S": sk_prefix}} if sk_prefix else {})}
        return self._all_pages(condition, values)

    def query_between(self, pk: str, first_sk: str, last_sk: str) -> list[Item]:
        """The same of those whose sort key is one of these two or between them."""
        if first_sk > last_sk:
            return []  # DynamoDB refuses such a question.
        values = {":pk": {"S": pk}, ":first": {"S": first_sk}, ":last": {"S": last_sk}}
        return self._all_pages("pk = :pk AND sk BETWEEN :first AND :last", values)

    def _all_pages(self, condition: str, values: Mapping[str, Any]) -> list[Item]:
        arguments: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ConsistentRead": True,
        }
        found: list[Item] = []
        while True:
            try:
                page = self._client.query(**arguments)
            except (ClientError, BotoCoreError) as error:
                raise LedgerUnavailable(f"the journal could not be asked: {error}") from error
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                return found
            arguments["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _cancelled(error: ClientError) -> Cancelled:
    code = error.response["Error"]["Code"]
    if code in _CONFLICTS:
        return Cancelled(there=frozenset(), conflict=True)
    response: Mapping[str, Any] = error.response
    reasons = [reason.get("Code") for reason in response.get("CancellationReasons", ())]
    if code in _NEVER or _NEVER & set(reasons):
        raise EntryNotWritable(f"DynamoDB refuses the write: {error}") from error
    there = frozenset(i for i, r in enumerate(reasons) if r == "ConditionalCheckFailed")
    conflict = bool(_REASONS_TO_RETRY & set(reasons))
    if code != "TransactionCanceledException" or not (there or conflict):
        raise LedgerUnavailable(f"the journal could not be asked: {error}") from error
    return Cancelled(there=there, conflict=conflict)
