"""Transactions: prepared at one instant, carried out at a later one, in nobody's way or refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tests.simulation.dynamodb.items import MICROSECONDS, Item, Items, Key, shared
from tests.simulation.dynamodb.refusals import (
    CONFLICT,
    NO_REASON,
    THROTTLED,
    CapacityUsedUp,
    Invalid,
    cancelled,
    invalid,
    refusal,
    unmet,
)
from tests.simulation.dynamodb.writes import Action

Reason = Mapping[str, Any]
OPERATION = "TransactWriteItems"
ACTIONS_MAX = 100
TRANSACTION_BYTES_MAX = 4 * 1024 * 1024
TOKEN_MICROSECONDS = 600 * MICROSECONDS
"""For ten minutes the same token with the same content is the same transaction."""


@dataclass(slots=True)
class _Token:
    content: Any
    until: int
    done: bool = False


class Prepared:
    """A transaction that holds its items until it is carried out."""

    __slots__ = ("actions", "keys", "repeated", "token")

    def __init__(self, actions: Sequence[Action], token: str | None, *, repeated: bool) -> None:
        self.actions = actions
        self.keys = [action.key for action in actions]
        self.token = token
        self.repeated = repeated


class Transactions:
    """``TransactWriteItems`` in two steps.

    Args:
        items: the table.
        now: virtual time in microseconds.
    """

    def __init__(self, items: Items, now: Any) -> None:
        self._items = items
        self._now = now
        self._tokens: dict[str, _Token] = {}

    def prepare(self, request: Mapping[str, Any]) -> Prepared:
        """Check it and take hold of its items; ``ClientError`` if another is at one of them."""
        token = request.get("ClientRequestToken")
        if token is not None and self._is_repeated(token, request):
            return Prepared((), token, repeated=True)
        try:
            actions = _actions(request)
        except Invalid as error:
            raise invalid(OPERATION, str(error)) from None
        locks = self._items.locks
        taken = [action.key in locks for action in actions]
        if any(taken):
            raise cancelled(OPERATION, [CONFLICT if there else NO_REASON for there in taken])
        prepared = Prepared(actions, token, repeated=False)
        for key in prepared.keys:
            locks[key] = prepared
        self._items.transacted.update(prepared.keys)
        if token is not None:
            until = self._now() + TOKEN_MICROSECONDS
            self._tokens[token] = _Token(request["TransactItems"], until)
        return prepared

    def _is_repeated(self, token: str, request: Mapping[str, Any]) -> bool:
        known = self._tokens.get(token)
        if known is None or known.until < self._now():
            return False
        if known.content != request["TransactItems"]:
            raise refusal(
                OPERATION,
                "IdempotentParameterMismatchException",
                "Parameters do not match the first request with this client request token",
            )
        if not known.done:
            raise refusal(
                OPERATION,
                "TransactionInProgressException",
                "The transaction with the given request token is already in progress",
            )
        return True

    def finish(self, prepared: Prepared) -> dict[str, Any]:
        """Carry it out, all or nothing; its items are free again in any case."""
        if not prepared.repeated:
            self._let_go(prepared)
            try:
                self._carry_out(prepared.actions)
            except ClientError:
                self._tokens.pop(prepared.token or "", None)
                raise
            if prepared.token is not None:
                self._tokens[prepared.token].done = True
        return {"ResponseMetadata": {"HTTPStatusCode": 200, "RetryAttempts": 0}}

    def _let_go(self, prepared: Prepared) -> None:
        for key in prepared.keys:
            if self._items.locks.get(key) is prepared:
                del self._items.locks[key]

    def _carry_out(self, actions: Sequence[Action]) -> None:
        versions: list[tuple[Key, Item | None, dict[str, int]]] = []
        reasons = [self._judged(action, versions) for action in actions]
        if any(reason is not NO_REASON for reason in reasons):
            raise cancelled(OPERATION, reasons)
        if self._bytes(actions, versions) > TRANSACTION_BYTES_MAX:
            raise invalid(OPERATION, "Collection size of a transaction exceeds the 4 MB limit")
        reasons = [self._charged(key, sum(sizes.values())) for key, _, sizes in versions]
        if any(reason is not NO_REASON for reason in reasons):
            raise cancelled(OPERATION, reasons)
        written = [v for a, v in zip(actions, versions, strict=True) if a.verb != "ConditionCheck"]
        self._items.write(written)

    def _judged(self, action: Action, versions: list[Any]) -> Reason:
        old = self._items.get(action.key)
        try:
            if not action.expressions.holds(old):
                return unmet(shared(old) if action.returns_old else None)
            new = action.next_version(old)
            versions.append((action.key, new, self._items.sizes_with(action.key, new)))
        except Invalid as error:
            return {"Code": "ValidationError", "Message": str(error)}
        return NO_REASON

    def _bytes(self, actions: Sequence[Action], versions: Sequence[Any]) -> int:
        before = sum(self._items.size(action.key) for action in actions)
        return max(before, sum(sum(sizes.values()) for _, _, sizes in versions))

    def _charged(self, key: Key, size: int) -> Reason:
        try:
            self._items.charge(key, size, 2)
        except CapacityUsedUp:
            return THROTTLED
        return NO_REASON


def _actions(request: Mapping[str, Any]) -> list[Action]:
    given = request["TransactItems"]
    if not 1 <= len(given) <= ACTIONS_MAX:
        raise Invalid(
            "1 validation error detected: Value at 'transactItems' failed to satisfy constraint: "
            f"Member must have length less than or equal to {ACTIONS_MAX}"
        )
    actions = []
    for one in given:
        ((verb, body),) = one.items()
        actions.append(Action(verb, body))
    if len({action.key for action in actions}) < len(actions):
        raise Invalid("Transaction request cannot include multiple operations on one item")
    return actions
