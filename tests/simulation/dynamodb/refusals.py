"""The errors of DynamoDB as botocore raises them, with every member that their shapes have."""

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

_STATUS = {"InternalServerError": 500, "ServiceUnavailable": 503}


def refusal(operation: str, code: str, message: str, **members: Any) -> ClientError:
    """An error of ``operation``; ``members`` are the error shape's own, such as ``Item``."""
    response: dict[str, Any] = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": _STATUS.get(code, 400), "RetryAttempts": 0},
        "message": message,
        **members,
    }
    return ClientError(response, operation)


class Invalid(Exception):  # noqa: N818 - becomes a ValidationException, which has its own name
    """The request breaks a rule of the service; the message is the service's."""


class CapacityUsedUp(Exception):  # noqa: N818 - becomes the service's own error
    """One item took more than 1,000 write units in a second."""


def invalid(operation: str, why: str) -> ClientError:
    """The request is refused as such; nothing was looked at."""
    return refusal(operation, "ValidationException", why)


def condition_failed(operation: str, item: Mapping[str, Any] | None) -> ClientError:
    """A single write's condition did not hold; ``item`` if it was asked for and exists."""
    members = {} if item is None else {"Item": item}
    code = "ConditionalCheckFailedException"
    return refusal(operation, code, "The conditional request failed", **members)


def conflict(operation: str) -> ClientError:
    """A single write met a transaction on the same item."""
    message = "Transaction is ongoing for the item"
    return refusal(operation, "TransactionConflictException", message)


def throttled(operation: str) -> ClientError:
    """The item's write units of this second are used up."""
    message = (
        "Throughput exceeds the current throughput limit for one partition. Please try again later"
    )
    return refusal(operation, "ThrottlingException", message)


def cancelled(operation: str, reasons: Sequence[Mapping[str, Any]]) -> ClientError:
    """A transaction was not carried out; one reason for each of its actions, in order."""
    codes = ", ".join(reason["Code"] for reason in reasons)
    message = (
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    )
    return refusal(
        operation, "TransactionCanceledException", message, CancellationReasons=list(reasons)
    )


NO_REASON: Mapping[str, Any] = {"Code": "None"}
CONFLICT: Mapping[str, Any] = {
    "Code": "TransactionConflict",
    "Message": "Transaction is ongoing for the item",
}
THROTTLED: Mapping[str, Any] = {
    "Code": "ThrottlingError",
    "Message": "Throughput exceeds the current capacity for one or more items",
}


def unmet(item: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The reason of an action whose condition did not hold."""
    found = {} if item is None else {"Item": item}
    return {
        "Code": "ConditionalCheckFailed",
        "Message": "The conditional request failed",
        **found,
    }
