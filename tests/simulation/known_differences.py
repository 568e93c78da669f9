"""Where dynoxide differs from the service, as its documentation has it, and the model does not.

Each has an example, which a test plays to both; what is mended there is struck off here.
"""

import re
from collections.abc import Mapping
from typing import Any

from tests.simulation.generated_requests import key

TABLE = "ledger"
REFUSED = ("ValidationException", None, [])
NESTED_REMOVAL = re.compile(r"REMOVE [^A-Z]*[.\[]")
_KEY, _NOBODYS_KEY = key("known difference", "a"), key("known difference", "b")
_NEW_KEY = key("known difference", "new")
_OVERLAP = "REMOVE m SET #m = :one"
_UNMET = {
    "ConditionExpression": "attribute_exists(pk)",
    "ExpressionAttributeNames": {"#m": "m"},
    "ExpressionAttributeValues": {":one": {"N": "1"}},
}

EXAMPLES: Mapping[str, tuple[dict[str, Any], Any, Any]] = {
    # What was not there has no old version; dynoxide gives the key that it was asked for.
    "update_item: old version of nothing": (
        {
            "Key": _NEW_KEY,
            "UpdateExpression": "SET n = :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
            "ReturnValues": "ALL_OLD",
        },
        {"Attributes": _NEW_KEY},
        {},
    ),
    # The service refuses a path that leads through what is not there; dynoxide removes nothing.
    "update_item: removal below nothing": (
        {"Key": _KEY, "UpdateExpression": "REMOVE m.k1"},
        {},
        REFUSED,
    ),
    # The service checks the expressions of all actions before any condition; dynoxide does so in
    # single updates only.
    "transact_write_items: overlapping paths": (
        {
            "TransactItems": [
                {
                    "Update": {
                        "TableName": TABLE,
                        "Key": _NOBODYS_KEY,
                        "UpdateExpression": _OVERLAP,
                        **_UNMET,
                    }
                }
            ]
        },
        ("TransactionCanceledException", None, [("ConditionalCheckFailed", None)]),
        REFUSED,
    ),
}
"""What is asked, what dynoxide answers, what the model answers."""


def method_of(name: str) -> str:
    """Of an example."""
    return name.partition(":")[0]


def differs(method: str, arguments: dict[str, Any], found: Any, expected: Any) -> bool:
    """Whether this is one of them: the model refuses as invalid what dynoxide does not."""
    if found == expected or found != REFUSED:
        return False
    if method == "transact_write_items":
        cancelled = expected != {} and expected[0] == "TransactionCanceledException"
        return cancelled or any(
            _removes_below(body) for one in arguments["TransactItems"] for body in one.values()
        )
    return _removes_below(arguments)


def _removes_below(body: Mapping[str, Any]) -> bool:
    return NESTED_REMOVAL.search(body.get("UpdateExpression", "")) is not None


def makes_up_old_version(method: str, arguments: dict[str, Any], found: Any, expected: Any) -> bool:
    """Whether dynoxide gives the key of an item that was not there as its old version.

    Updates only. Of an item with nothing but its key the others give the same, and rightly so.
    """
    asks_for_old = method == "update_item" and arguments.get("ReturnValues") == "ALL_OLD"
    return asks_for_old and found == {} and expected == {"Attributes": arguments["Key"]}
