"""The few DynamoDB calls that the ledger makes, with their outcomes named.

Every other outcome than the four below is ``LedgerUnavailable``: the write may or may not have
happened, and every write of the ledger is safe to repeat because it is conditional on its own
absence.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cost_sentry.adapters.ledger_items import Item
from cost_sentry.domain.errors import LedgerThrottled, LedgerUnavailable

TRANSACTION_ITEMS_MAX = 100
"""DynamoDB's limit on the actions of one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The write happened; ``attributes`` is what it was asked to return."""

    attributes: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionFailed:
    """A condition did not hold; ``item`` is what stands there, ``None`` if nothing does.

    Of a transaction, which tells no item, ``at`` are the places of such actions in it.
    """

    item: Item | None
    at: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Another writer was at one of the items. Nothing was written; try again after a pause."""


@dataclass(frozen=True, slots=True)
class TooLarge:
    """The items of the transaction are together more than DynamoDB takes, 4 MB. Nothing was done.

    It counts whole items, however little of them is read or written.
    """


UpdateOutcome = Written | ConditionFailed | Conflict
Outcome = UpdateOutcome | TooLarge

_CONFLICTS = frozenset({"TransactionConflictException", "TransactionInProgressException"})
_THROTTLES = frozenset(
    {"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"}
)
"""Refused before anything was done, for the rate of one item or of the whole table."""
_REASONS_TO_RETRY = frozenset(
    {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)
_ABOUT_SIZE = re.compile(r"\bsize\b|\b4 ?MB\b", re.IGNORECASE)
"""In the message of a refused transaction; the service documents the limit and not its wording."""


class LedgerCalls:
    """One table behind a low-level boto3 DynamoDB client."""

    def __init__(self, client: Any, table_name: str) -> None:  # noqa: ANN401 - boto3 client
        self._client = client
        self._table = table_name
        self._answered: str | None = None
        self.answered_at_once = False
        """Whether the last answer needed one attempt, so that it came soon after the question."""

    def answered_at(self) -> datetime | None:
        """The ledger's own time, to the second, when it last answered; ``None`` if it did not say.

        From the ``Date`` header of HTTP, which every AWS endpoint sends.
        """
        if self._answered is None:
            return None
        try:
            return parsedate_to_datetime(self._answered).astimezone(UTC)
        except ValueError:
            return None

    def _note_time(self, answer: Mapping[str, Any]) -> None:
        told = answer.get("ResponseMetadata", {})
        self._answered = told.get("HTTPHeaders", {}).get("date")
        self.answered_at_once = told.get("RetryAttempts", 0) == 0

    def get(self, item_key: Mapping[str, Any]) -> Item | None:
        """A strongly consistent read."""
        arguments = {"TableName": self._table, "Key": item_key, "ConsistentRead": True}
        answer = _asked(lambda: self._client.get_item(**arguments))
        self._note_time(answer)
        item: Item | None = answer.get("Item")
        return item

    def get_many(self, keys: Sequence[Mapping[str, Any]]) -> list[Item | None] | None:
        """Consistent reads of at most 100 items, each at an instant of its own, in nobody's way.

        ``None`` if DynamoDB left some of them out, as it does where it is asked too often.
        """
        if not keys:
            return []  # DynamoDB refuses a question for nothing.
        request = {self._table: {"Keys": list(keys), "ConsistentRead": True}}
        answer = _asked(lambda: self._client.batch_get_item(RequestItems=request))
        if answer.get("UnprocessedKeys"):
            return None
        found = {_names(item): item for item in answer["Responses"].get(self._table, ())}
        return [found.get(_names(key)) for key in keys]

    def query(
        self, pk: str, *, start_sk: str = "", limit: int = 0, newest_first: bool = False
    ) -> list[Item]:
        """Items of one partition in order of sk, all pages, consistent; ``limit`` 0 is all.

        ``newest_first``: the other way round, down to ``start_sk``.
        """
        values = {":pk": {"S": pk}, ":sk": {"S": start_sk or " "}}
        arguments: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND sk >= :sk",
            "ExpressionAttributeValues": values,
            "ConsistentRead": True,
            "ScanIndexForward": not newest_first,
        }
        found: list[Item] = []
        while not limit or len(found) < limit:
            page = _asked(lambda: self._client.query(**arguments))
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                break
            arguments["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        return found[:limit] if limit else found

    def update(self, arguments: Mapping[str, Any]) -> UpdateOutcome:
        """One conditional ``UpdateItem``."""
        try:
            answer = self._client.update_item(
                TableName=self._table,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **arguments,
            )
        except ClientError as error:
            self._note_time(error.response)
            return _refusal(error)
        except BotoCoreError as error:
            raise LedgerUnavailable(f"the ledger did not answer: {error}") from error
        self._note_time(answer)
        return Written(attributes=answer.get("Attributes", {}))

    def transact(self, actions: Sequence[Mapping[str, Mapping[str, Any]]]) -> Outcome:
        """All of the actions or none, at most 100."""
        items = [
            {verb: {"TableName": self._table, **body} for verb, body in action.items()}
            for action in actions
        ]
        try:
            self._note_time(self._client.transact_write_items(TransactItems=items))
        except ClientError as error:
            self._note_time(error.response)
            return _transaction_refusal(error)
        except BotoCoreError as error:
            raise LedgerUnavailable(f"the ledger did not answer: {error}") from error
        return Written(attributes={})

    def snapshot(self, keys: Sequence[Mapping[str, Any]]) -> list[Item | None] | None:
        """Many items as they stood at one instant; ``None`` if other writers were at them.

        More than 100, or more than DynamoDB reads at once (4 MB), are read in parts, each at an
        instant of its own.
        """
        starts = range(0, len(keys), TRANSACTION_ITEMS_MAX)
        parts = [keys[start : start + TRANSACTION_ITEMS_MAX] for start in starts]
        found: list[Item | None] = []
        while parts:
            part = parts.pop(0)
            outcome = self._read_at_once(part)
            if isinstance(outcome, TooLarge):
                if len(part) == 1:
                    raise LedgerUnavailable(f"the ledger refuses to read {part[0]} for its size")
                middle = len(part) // 2
                parts[:0] = [part[:middle], part[middle:]]
            elif isinstance(outcome, list):
                found += outcome
            else:
                return None
        return found

    def _read_at_once(self, keys: Sequence[Mapping[str, Any]]) -> list[Item | None] | Outcome:
        gets = [{"Get": {"TableName": self._table, "Key": k}} for k in keys]
        try:
            answer = self._client.transact_get_items(TransactItems=gets)
        except ClientError as error:
            return _transaction_refusal(error)
        except BotoCoreError as error:
            raise LedgerUnavailable(f"the ledger did not answer: {error}") from error
        return [response.get("Item") for response in answer["Responses"]]


def _names(item: Mapping[str, Any]) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def _asked(call: Callable[[], Any]) -> Any:  # noqa: ANN401 - boto3 answer
    try:
        return call()
    except ClientError as error:
        kind = _kind_of(error)
        raise kind(f"the ledger could not be asked: {error}") from error
    except BotoCoreError as error:
        raise LedgerUnavailable(f"the ledger could not be asked: {error}") from error


def _kind_of(error: ClientError) -> type[LedgerUnavailable]:
    """A ledger that is asked too often answers: it is not silent."""
    throttled = error.response["Error"]["Code"] in _THROTTLES
    return LedgerThrottled if throttled else LedgerUnavailable


def _refusal(error: ClientError) -> UpdateOutcome:
    """What a refused write or transaction means; ``LedgerUnavailable`` if it is no refusal."""
    code = error.response["Error"]["Code"]
    response: Mapping[str, Any] = error.response
    if code == "ConditionalCheckFailedException":
        return ConditionFailed(item=response.get("Item"))
    if code in _CONFLICTS:
        return Conflict()
    if code == "TransactionCanceledException":
        reasons = response.get("CancellationReasons", [])
        codes = [reason.get("Code") for reason in reasons]
        if _REASONS_TO_RETRY.intersection(codes):
            return Conflict()
        failed = frozenset(i for i, code in enumerate(codes) if code == "ConditionalCheckFailed")
        if failed:
            return ConditionFailed(item=None, at=failed)
    raise _kind_of(error)(f"the ledger could not be asked: {error}") from error


def _transaction_refusal(error: ClientError) -> Outcome:
    if _is_too_large(error):
        return TooLarge()
    try:
        return _refusal(error)
    except LedgerThrottled:
        return Conflict()


def _is_too_large(error: ClientError) -> bool:
    """Whether it was refused as invalid, and for a size; whoever asks less gets on either way."""
    response: Mapping[str, Any] = error.response
    code, message = response["Error"]["Code"], response["Error"].get("Message", "")
    if code == "ValidationException":
        return _ABOUT_SIZE.search(message) is not None
    if code != "TransactionCanceledException":
        return False
    reasons = response.get("CancellationReasons", [])
    refused = [r for r in reasons if r.get("Code") not in {None, "None"}]
    return bool(refused) and all(
        r["Code"] == "ValidationError" and _ABOUT_SIZE.search(r.get("Message") or message)
        for r in refused
    )
