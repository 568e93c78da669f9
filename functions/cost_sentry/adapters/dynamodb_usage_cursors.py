"""How far the usage of models was compared, and whether the journal has what the ledger has.

| item | pk | sk | attributes |
| --- | --- | --- | --- |
| a model's cursor | ``USAGE#<model id>`` | ``CURSOR`` | cursor, version |
| the first minute | ``USAGE`` | ``BEGUN`` | at |
| up to when all is compared | ``USAGE`` | ``SURVEYED`` | at |
| that a model has a cursor | ``USAGE`` | ``MODEL#<model id>`` | seen |
| mark in the stream | ``TICK`` | ``SENT`` | at |
| mark that came through | ``TICK`` | ``CARRIED`` | at |
| entries that did not | ``TICK`` | ``FAILED`` | at |

The stream lets new versions of ``SENT`` through to the projector, which answers with the others.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from cost_sentry.adapters.ledger_calls import ConditionFailed, Conflict, LedgerCalls
from cost_sentry.adapters.ledger_items import Item, Key, key, number
from cost_sentry.adapters.reservation_record import milliseconds, moment_of
from cost_sentry.adapters.usage_cursor_record import cursor_from_text, cursor_to_text
from cost_sentry.application.usage_ports import Carried, CursorMoved
from cost_sentry.domain.meter import minute_of
from cost_sentry.domain.usage_cursor import UsageCursor

TICK_PK, SENT = "TICK", "SENT"
_USAGE, _MODEL = "USAGE", "MODEL#"
_BEGUN, _SURVEYED = key(_USAGE, "BEGUN"), key(_USAGE, "SURVEYED")
_CARRIED, _FAILED = key(TICK_PK, "CARRIED"), key(TICK_PK, "FAILED")


def mark_in(item: Mapping[str, Any]) -> datetime | None:
    """When the mark of this item was sent; ``None`` if it is none."""
    match item:
        case {"sk": {"S": "SENT"}, "at": {"N": str(at)}} if at.isdecimal():
            return moment_of(int(at))
    return None


class DynamoDbUsageCursors:
    """``usage_ports.UsageCursors``."""

    def __init__(self, calls: LedgerCalls) -> None:
        self._calls = calls
        self._begun: datetime | None = None

    def begun(self, now: datetime) -> datetime:
        """See the port; it never changes, and is read once."""
        if self._begun is None:
            item = self._calls.get(_BEGUN) or self._begin(now)
            self._begun = _at(item)
        return self._begun

    def _begin(self, now: datetime) -> Item:
        first = minute_of(now) + timedelta(minutes=1)
        value = number(milliseconds(first))
        outcome = self._calls.update(
            {
                "Key": _BEGUN,
                "UpdateExpression": "SET #at = if_not_exists(#at, :at)",
                "ExpressionAttributeNames": {"#at": "at"},
                "ExpressionAttributeValues": {":at": value},
                "ReturnValues": "ALL_NEW",
            }
        )
        if isinstance(outcome, ConditionFailed | Conflict):
            raise CursorMoved("another run began the comparison at this very moment")
        return outcome.attributes

    def surveyed(self) -> datetime | None:
        """See the port."""
        item = self._calls.get(_SURVEYED)
        return _at(item) if item else None

    def note_surveyed(self, until: datetime) -> None:
        """See the port."""
        _note(self._calls, _SURVEYED, until)

    def models(self) -> Sequence[str]:
        """See the port. Their marks stand in the partition's middle; what is after them is none."""
        names = (item["sk"]["S"] for item in self._calls.query(_USAGE, start_sk=_MODEL))
        return [name.removeprefix(_MODEL) for name in names if name.startswith(_MODEL)]

    def read(self, model_id: str) -> UsageCursor | None:
        """See the port."""
        item = self._calls.get(_cursor_key(model_id))
        if item is None:
            return None
        version = int(item["version"]["N"])
        return cursor_from_text(item["cursor"]["S"], model_id=model_id, version=version)

    def write(self, cursor: UsageCursor) -> UsageCursor:
        """See the port."""
        is_new = cursor.version == 0
        if is_new:
            self._mark(cursor.model_id)
        condition = "attribute_not_exists(#version)" if is_new else "#version = :was"
        outcome = self._calls.update(
            {
                "Key": _cursor_key(cursor.model_id),
                "UpdateExpression": "SET #cursor = :cursor, #version = :version",
                "ConditionExpression": condition,
                "ExpressionAttributeNames": {"#cursor": "cursor", "#version": "version"},
                "ExpressionAttributeValues": {
                    ":cursor": {"S": cursor_to_text(cursor)},
                    ":version": number(cursor.version + 1),
                    **({} if is_new else {":was": number(cursor.version)}),
                },
            }
        )
        if isinstance(outcome, ConditionFailed | Conflict):
            raise CursorMoved(f"another run has compared {cursor.model_id} meanwhile")
        text = cursor_to_text(cursor)
        return cursor_from_text(text, model_id=cursor.model_id, version=cursor.version + 1)

    def _mark(self, model_id: str) -> None:
        """Before its cursor, so that no cursor is without."""
        self._calls.update(
            {
                "Key": key(_USAGE, f"{_MODEL}{model_id}"),
                "UpdateExpression": "SET #seen = :seen",
                "ExpressionAttributeNames": {"#seen": "seen"},
                "ExpressionAttributeValues": {":seen": {"BOOL": True}},
            }
        )


class DynamoDbStreamWatch:
    """``usage_ports.StreamWatch``, and what the projector notes for it."""

    def __init__(self, calls: LedgerCalls) -> None:
        self._calls = calls

    def tick(self, now: datetime) -> None:
        """See the port."""
        _note(self._calls, key(TICK_PK, SENT), now)

    def note_carried(self, at: datetime) -> None:
        """A mark that was sent then came through."""
        _note(self._calls, _CARRIED, at)

    def note_failed(self, at: datetime) -> None:
        """Entries could not be journaled at this moment."""
        _note(self._calls, _FAILED, at)

    def carried(self) -> Carried:
        """See the port."""
        carried, failed = self._calls.get(_CARRIED), self._calls.get(_FAILED)
        return Carried(
            until=_at(carried) if carried else None, failed_at=_at(failed) if failed else None
        )


def _note(calls: LedgerCalls, of: Key, at: datetime) -> None:
    """The later of what is there and this: notes may come again, and in any order."""
    calls.update(
        {
            "Key": of,
            "UpdateExpression": "SET #at = :at",
            "ConditionExpression": "attribute_not_exists(#at) OR #at < :at",
            "ExpressionAttributeNames": {"#at": "at"},
            "ExpressionAttributeValues": {":at": number(milliseconds(at))},
        }
    )


def _at(item: Item) -> datetime:
    return moment_of(int(item["at"]["N"]))


def _cursor_key(model_id: str) -> Key:
    return key(f"USAGE#{model_id}", "CURSOR")
