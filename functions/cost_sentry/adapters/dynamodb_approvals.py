"""Requests for more on DynamoDB.

| item | pk | sk | kept |
| --- | --- | --- | --- |
| the request as it stands | ``APPROVALS`` | its id, so the newest is last | for good |
| one change of its state | ``APPROVAL#<id>`` | its revision, six digits | for good, unchanged |

Both are written in one transaction: no state without its record, no record without its state.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from cost_sentry.adapters.ledger_calls import ConditionFailed, LedgerCalls, Written
from cost_sentry.adapters.ledger_items import Item, key, number
from cost_sentry.adapters.measure_items import CONFIG_KEY
from cost_sentry.adapters.readable_rows import read_row, read_rows
from cost_sentry.application.approval_record import (
    approval_from,
    approval_to_document,
    standing_to_document,
)
from cost_sentry.application.rows import Rows
from cost_sentry.domain.approval import Approval
from cost_sentry.domain.errors import LedgerContention

ATTEMPTS_MAX = 20
"""Conflicts with other writers before giving up with ``LedgerContention``."""
_PK = "APPROVALS"
_WHAT = "request"
_Action = Mapping[str, Mapping[str, Any]]


class DynamoDbApprovals:
    """``application.approval_ports.ApprovalStore``.

    Args:
        calls: the table.
        pause: waits a little after the n-th meeting with another writer.
    """

    def __init__(self, calls: LedgerCalls, pause: Callable[[int], None]) -> None:
        self._calls = calls
        self._pause = pause

    def read(self, approval_id: str) -> Approval | None:
        """See the port. A strongly consistent read."""
        item = self._calls.get(key(_PK, approval_id))
        return None if item is None else read_row(item, _approval_of, _WHAT)

    def newest(self, approvals_max: int) -> Rows[Approval]:
        """See the port."""
        items = self._calls.query(_PK, limit=approvals_max, newest_first=True)
        return read_rows(items, _approval_of, _WHAT)

    def create(self, approval: Approval) -> bool:
        """See the port."""
        actions = [_put(approval, "attribute_not_exists(pk)", {}), _note(approval, None)]
        for attempt in range(ATTEMPTS_MAX):
            outcome = self._calls.transact(actions)
            if isinstance(outcome, Written | ConditionFailed):
                return isinstance(outcome, Written)
            self._pause(attempt)
        raise LedgerContention(f"{approval.request.id} has too many writers at once")

    def replace(self, before: Approval, after: Approval, config_version: str | None = None) -> bool:
        """See the port. A conflict with another writer is one that was first."""
        was = {":was": number(before.revision)}
        actions = [_put(after, "revision = :was", was)]
        if after.state is not before.state:
            actions.append(_note(after, config_version))
        if config_version is not None:
            actions.append(_in_force(config_version))
        return isinstance(self._calls.transact(actions), Written)

    def history(self, approval_id: str) -> Rows[Mapping[str, object]]:
        """See the port."""
        return read_rows(self._calls.query(_history_pk(approval_id)), _change_of, "change")


def _approval_of(item: Item) -> Approval:
    token = item["token"]["S"] if "token" in item else None
    return approval_from(json.loads(item["approval"]["S"]), token)


def _change_of(item: Item) -> Mapping[str, object]:
    return dict(json.loads(item["change"]["S"]))


def _put(approval: Approval, condition: str, values: Mapping[str, Any]) -> _Action:
    item = {
        **key(_PK, approval.request.id),
        "approval": {"S": _json(approval_to_document(approval))},
        "revision": number(approval.revision),
        **({} if approval.token is None else {"token": {"S": approval.token}}),
    }
    valued = {"ExpressionAttributeValues": dict(values)} if values else {}
    return {"Put": {"Item": item, "ConditionExpression": condition, **valued}}


def _note(approval: Approval, config_version: str | None) -> _Action:
    """What changed, for good, and by which configuration it was judged."""
    change = {**standing_to_document(approval), "configVersion": config_version}
    item = {
        **key(_history_pk(approval.request.id), f"{approval.revision:06d}"),
        "change": {"S": _json(change)},
    }
    return {"Put": {"Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}


def _in_force(config_version: str) -> _Action:
    return {
        "ConditionCheck": {
            "Key": CONFIG_KEY,
            "ConditionExpression": "#version = :version",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": {":version": {"S": config_version}},
        }
    }


def _history_pk(approval_id: str) -> str:
    return f"APPROVAL#{approval_id}"


def _json(document: Mapping[str, object]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
