"""The outbox of notices on DynamoDB.

| item | pk | sk | kept |
| --- | --- | --- | --- |
| the notice | ``NOTICE#<key>`` | ``NOTICE`` | for ever: it makes it once |
| what waits | ``NOTICES`` | ``<key>`` | until it is sent |
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.ledger_items import Item, key
from cost_sentry.adapters.mail_queue import PENDING, UNADDRESSED, MailQueue
from cost_sentry.adapters.readable_rows import read_row
from cost_sentry.adapters.reservation_record import record_text
from cost_sentry.domain.notice import Notice

_QUEUE = "NOTICES"


class DynamoDbNoticeOutbox(MailQueue[Notice, str]):
    """``application.notice_ports.NoticeOutbox``.

    Args:
        calls: the table.
        pause: waits a little after the n-th meeting with another writer.
    """

    def __init__(self, calls: LedgerCalls, pause: Callable[[int], None]) -> None:
        super().__init__(
            calls,
            pause,
            partition=_QUEUE,
            record_key=_record_key,
            waiting_key=lambda name: key(_QUEUE, name),
            read=_notice_of,
        )

    def record(self, notice: Notice) -> bool:
        """See the port. A notice for nobody is on record, and waits for nothing."""
        text = _to_json(notice)
        item = {
            **_record_key(notice.key),
            "notice": {"S": text},
            "state": {"S": PENDING if notice.recipients else UNADDRESSED},
        }
        kept = {"Put": {"Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}
        put = self.put(notice.key, "notice", text, notice.recorded_at)
        waiting = [put] if notice.recipients else []
        return self.transact([kept, *waiting], f"notice {notice.key!r}")

    def recorded_at(self, key: str) -> datetime | None:
        """See the port."""
        item = self._calls.get(_record_key(key))
        return None if item is None else read_row(item, _notice_of, "notice").recorded_at


def _record_key(name: str) -> Mapping[str, Any]:
    return key(f"NOTICE#{name}", "NOTICE")


def _to_json(notice: Notice) -> str:
    return record_text(
        {
            "key": notice.key,
            "to": list(notice.recipients),
            "subject": notice.subject,
            "body": notice.body,
            "at": notice.recorded_at.isoformat(),
        }
    )


def _notice_of(item: Item) -> Notice:
    record = json.loads(item["notice"]["S"])
    return Notice(
        key=record["key"],
        recipients=tuple(record["to"]),
        subject=record["subject"],
        body=record["body"],
        recorded_at=datetime.fromisoformat(record["at"]),
    )
