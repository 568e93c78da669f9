"""Mails that wait in one partition of the table, which is empty most of the time.

An outbox puts a mail on record and into its queue in one transaction, so a mail is never on record
without waiting to be sent.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from cost_sentry.adapters.ledger_calls import ConditionFailed, LedgerCalls, Written
from cost_sentry.adapters.ledger_items import Item, number
from cost_sentry.adapters.readable_rows import read_rows
from cost_sentry.adapters.reservation_record import milliseconds
from cost_sentry.application.rows import Rows
from cost_sentry.domain.errors import LedgerContention

ATTEMPTS_MAX = 30
"""Conflicts with other writers before giving up with ``LedgerContention``."""
ERROR_CHARACTERS_MAX = 500
PENDING, SENT, UNADDRESSED = "PENDING", "SENT", "UNADDRESSED"
"""States of a mail on record; one for nobody waits for nothing."""
Action = dict[str, dict[str, Any]]
ItemKey = Mapping[str, Any]
_WHAT = "mail"
Mail = TypeVar("Mail")
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True, order=True)
class _Turn:
    """When a mail that waits comes."""

    attempts: int
    due_at: int
    """In milliseconds."""
    item: Item = field(compare=False)


def _turn_of(item: Item) -> _Turn:
    return _Turn(int(item["attempts"]["N"]), int(item["due_at"]["N"]), item)


class MailQueue(Generic[Mail, Key]):
    """Due, claimed, sent or failed; how mails of one kind are named and read is given.

    Args:
        calls: the table.
        pause: waits a little after the n-th meeting with another writer.
        partition: where they wait.
        record_key: of the mail on record.
        waiting_key: of the mail that waits, in the partition.
        read: the mail of an item that waits.
    """

    def __init__(
        self,
        calls: LedgerCalls,
        pause: Callable[[int], None],
        *,
        partition: str,
        record_key: Callable[[Key], ItemKey],
        waiting_key: Callable[[Key], ItemKey],
        read: Callable[[Item], Mail],
    ) -> None:
        self._calls = calls
        self._pause = pause
        self._partition = partition
        self._record_key = record_key
        self._waiting_key = waiting_key
        self._read = read

    def due(self, now: datetime, batch_max: int) -> Rows[Mail]:
        """At most ``batch_max`` that are unsent and that nobody is sending.

        What was tried least comes first, so that a mail that nobody takes holds up no other; nor
        does one that cannot be read.
        """
        waiting = read_rows(self._calls.query(self._partition), _turn_of, _WHAT)
        due = sorted(one for one in waiting if one.due_at <= milliseconds(now))
        mails = read_rows((one.item for one in due), self._read, _WHAT, batch_max)
        return Rows(mails, (*waiting.unreadable, *mails.unreadable))

    def claim(self, key: Key, now: datetime, until: datetime) -> int | None:
        """Which attempt this is; ``None`` if somebody else has it."""
        outcome = self._calls.update(
            {
                "Key": self._waiting_key(key),
                "UpdateExpression": "SET due_at = :until ADD attempts :one",
                "ConditionExpression": "attribute_exists(pk) AND due_at <= :now",
                "ExpressionAttributeValues": {
                    ":until": number(milliseconds(until)),
                    ":now": number(milliseconds(now)),
                    ":one": number(1),
                },
                "ReturnValues": "UPDATED_NEW",
            }
        )
        return int(outcome.attributes["attempts"]["N"]) if isinstance(outcome, Written) else None

    def mark_sent(self, key: Key, at: datetime) -> None:
        """It is never due again."""
        sent: Action = {
            "Update": {
                "Key": self._record_key(key),
                "UpdateExpression": "SET #state = :sent, sent_at = :at",
                "ExpressionAttributeNames": {"#state": "state"},
                "ExpressionAttributeValues": {":sent": {"S": SENT}, ":at": {"S": at.isoformat()}},
            }
        }
        self.transact([sent, {"Delete": {"Key": self._waiting_key(key)}}], str(key))

    def mark_failed(self, key: Key, error: str, retry_at: datetime) -> None:
        """It is due again. If another writer is in the way the claim lapses by itself."""
        self._calls.update(
            {
                "Key": self._waiting_key(key),
                "UpdateExpression": "SET due_at = :retry_at, last_error = :error",
                "ConditionExpression": "attribute_exists(pk)",
                "ExpressionAttributeValues": {
                    ":retry_at": number(milliseconds(retry_at)),
                    ":error": {"S": error[:ERROR_CHARACTERS_MAX]},
                },
            }
        )

    def put(self, key: Key, name: str, text: str, at: datetime) -> Action:
        """The action that makes a mail wait; its text is the attribute of this name."""
        item = {
            **self._waiting_key(key),
            name: {"S": text},
            "due_at": number(milliseconds(at)),
            "attempts": number(0),
        }
        return {"Put": {"Item": item}}

    def transact(self, actions: Sequence[Action], what: str) -> bool:
        """All of the actions; ``False`` if a condition does not hold."""
        for attempt in range(ATTEMPTS_MAX):
            outcome = self._calls.transact(actions)
            if isinstance(outcome, Written):
                return True
            if isinstance(outcome, ConditionFailed):
                return False
            self._pause(attempt)
        raise LedgerContention(f"{what} has too many writers at once")
