"""Incidents on the ledger's table: a scope's record, and every step for good, by one transaction.

| item | pk | sk |
| --- | --- | --- |
| the latest incident of a scope | ``INCIDENTS`` | the scope's key |
| one revision of an incident | ``INCIDENT#<id>`` | ``STEP#<revision>`` |
| scopes acted on within an hour | ``INCIDENT-SHARES`` | the hour |
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from cost_sentry.adapters.incident_record import incident_of, incident_text
from cost_sentry.adapters.ledger_calls import ConditionFailed, LedgerCalls, Written
from cost_sentry.adapters.ledger_items import Item, key, number
from cost_sentry.adapters.readable_rows import read_row, read_rows
from cost_sentry.application.incident_ports import Kept, Share
from cost_sentry.application.rows import Rows
from cost_sentry.domain.errors import LedgerContention
from cost_sentry.domain.incident import Incident, scope_key

ATTEMPTS_MAX = 10
"""Meetings with another writer before giving up with ``LedgerContention``."""
SHARE_KEPT = timedelta(days=2)
"""After its hour; housekeeping, no promise depends on it."""
_RECORD, _STEP, _SHARE = 0, 1, 2
"""Places of the actions in the transaction."""
_WHAT = "incident"
Action = Mapping[str, Mapping[str, Any]]


class DynamoDbIncidents:
    """``application.incident_ports.Incidents``.

    Args:
        calls: the ledger's table.
        pause: waits a little after the n-th meeting with another writer.
    """

    def __init__(self, calls: LedgerCalls, pause: Callable[[int], None]) -> None:
        self._calls = calls
        self._pause = pause

    def current(self, key: str) -> Incident | None:
        """See the port."""
        item = self._calls.get(_record_key(key))
        return None if item is None else read_row(item, _incident, _WHAT)

    def write(self, incident: Incident, share: Share | None = None) -> Kept:
        """See the port."""
        actions = [_put_record(incident), _put_step(incident), *([_take(share)] if share else [])]
        for attempt in range(ATTEMPTS_MAX):
            outcome = self._calls.transact(actions)
            if isinstance(outcome, Written):
                return Kept.WRITTEN
            if isinstance(outcome, ConditionFailed):
                return Kept.TOO_MANY if outcome.at == {_SHARE} else Kept.MET_ANOTHER
            self._pause(attempt)
        raise LedgerContention(f"the incident of {scope_key(incident.scope)} has too many writers")

    def latest(self) -> Rows[Incident]:
        """See the port."""
        return read_rows(self._calls.query("INCIDENTS"), _incident, _WHAT)

    def steps(self, incident_id: str) -> Rows[Incident]:
        """See the port."""
        return read_rows(self._calls.query(f"INCIDENT#{incident_id}"), _incident, _WHAT)


def _incident(item: Item) -> Incident:
    return incident_of(item["incident"]["S"])


def _record_key(scope: str) -> Mapping[str, Any]:
    return key("INCIDENTS", scope)


def _put_record(incident: Incident) -> Action:
    before = incident.revision - 1
    was = "revision = :before" if before else "attribute_not_exists(pk)"
    values = {":before": number(before)} if before else None
    item = {
        **_record_key(scope_key(incident.scope)),
        "incident": {"S": incident_text(incident)},
        "revision": number(incident.revision),
    }
    put: dict[str, Any] = {"Item": item, "ConditionExpression": was}
    return {"Put": put if values is None else {**put, "ExpressionAttributeValues": values}}


def _put_step(incident: Incident) -> Action:
    item = {
        **key(f"INCIDENT#{incident.id}", f"STEP#{incident.revision:06d}"),
        "incident": {"S": incident_text(incident)},
    }
    return {"Put": {"Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}


def _take(share: Share) -> Action:
    gone = int((share.hour + SHARE_KEPT).timestamp())
    return {
        "Update": {
            "Key": key("INCIDENT-SHARES", f"{share.hour:%Y-%m-%dT%H}"),
            "UpdateExpression": "ADD scopes :one SET delete_after = :gone",
            "ConditionExpression": "attribute_not_exists(scopes) OR scopes < :most",
            "ExpressionAttributeValues": {
                ":one": number(1),
                ":most": number(share.scopes_max),
                ":gone": number(gone),
            },
        }
    }
