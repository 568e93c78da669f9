"""Writes: what one action would change, and the operations on single items."""

from collections.abc import Mapping
from typing import Any

from tests.simulation.dynamodb.attribute_values import accepted
from tests.simulation.dynamodb.expressions import CONDITION, NAMES, UPDATE, VALUES, Expressions
from tests.simulation.dynamodb.items import Item, Items, Key, key_of, shared
from tests.simulation.dynamodb.paths import Part, projected
from tests.simulation.dynamodb.refusals import (
    CapacityUsedUp,
    Invalid,
    condition_failed,
    conflict,
    invalid,
    throttled,
)

Request = Mapping[str, Any]

_ON_FAILURE = "ReturnValuesOnConditionCheckFailure"
_COMMON = {"TableName", CONDITION, NAMES, VALUES, _ON_FAILURE}
_MEMBERS = {
    "Put": {"Item", *_COMMON},
    "Update": {"Key", UPDATE, *_COMMON},
    "Delete": {"Key", *_COMMON},
    "ConditionCheck": {"Key", *_COMMON},
}
OPERATIONS = {"UpdateItem": "Update", "PutItem": "Put", "DeleteItem": "Delete"}
_RETURNS = {
    "Update": {"NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"},
    "Put": {"NONE", "ALL_OLD"},
    "Delete": {"NONE", "ALL_OLD"},
}


class Action:
    """One write of one item, checked; what it does depends on the item that it meets."""

    __slots__ = ("_item", "expressions", "key", "returns_old", "touched", "verb")

    def __init__(self, verb: str, request: Request) -> None:
        unknown = request.keys() - _MEMBERS[verb] - {"ReturnValues"}
        if unknown:
            raise Invalid(f"Unknown parameter in input: {', '.join(sorted(unknown))}")
        self.verb = verb
        self.key: Key = key_of(request["Item"] if verb == "Put" else request["Key"])
        if verb != "Put" and len(request["Key"]) != 2:
            raise Invalid("The provided key element does not match the schema")
        self._item = {n: accepted(v) for n, v in request["Item"].items()} if verb == "Put" else None
        self.expressions = Expressions(request, CONDITION, UPDATE)
        if verb == "ConditionCheck" and CONDITION not in request:
            raise Invalid("The expression can not be empty;")
        self.returns_old = request.get(_ON_FAILURE, "NONE") == "ALL_OLD"
        self.touched: list[tuple[Part, ...]] = []
        if verb == "Update" and UPDATE in request:
            self.touched = self.expressions.run(UPDATE).touched(self.expressions.names)

    def next_version(self, old: Item | None) -> Item | None:
        """The item after this action."""
        if self.verb == "Put":
            return self._item
        if self.verb == "Delete":
            return None
        run = self.expressions.run(UPDATE)
        start = old or {"pk": {"S": self.key[0]}, "sk": {"S": self.key[1]}}
        if self.verb == "ConditionCheck":
            return old
        if run is None:
            return start
        names, values = self.expressions.names, self.expressions.values
        new: Item = run.apply(old or {}, start, self.touched, names, values)
        return new


def write_one(items: Items, operation: str, request: Request) -> dict[str, Any]:
    """``UpdateItem``, ``PutItem`` or ``DeleteItem``, at this instant."""
    verb = OPERATIONS[operation]
    try:
        returns = request.get("ReturnValues", "NONE")
        _refuse_unknown(returns, verb)
        action = Action(verb, request)
        key = action.key
        if key in items.locks:
            raise conflict(operation)
        old = items.get(key)
        if not action.expressions.holds(old):
            items.charge(key, 0, 1)
            raise condition_failed(operation, shared(old) if action.returns_old else None)
        new = action.next_version(old)
        sizes = items.sizes_with(key, new)
        items.charge(key, sum(sizes.values()), 1)
    except Invalid as error:
        raise invalid(operation, str(error)) from None
    except CapacityUsedUp:
        raise throttled(operation) from None
    if new is not old:
        items.write([(key, new, sizes)])
    return _answer(returns, action, old, new)


def _refuse_unknown(returns: str, verb: str) -> None:
    if returns not in _RETURNS[verb]:
        raise Invalid("ReturnValues can only be ALL_OLD or NONE")


def _answer(returns: str, action: Action, old: Item | None, new: Item | None) -> dict[str, Any]:
    answer: dict[str, Any] = {"ResponseMetadata": {"HTTPStatusCode": 200, "RetryAttempts": 0}}
    shown = {"ALL_OLD": old, "ALL_NEW": new}.get(returns)
    if returns.startswith("UPDATED"):
        shown = projected((old if returns == "UPDATED_OLD" else new) or {}, action.touched)
    if shown:
        answer["Attributes"] = shared(shown)
    return answer
