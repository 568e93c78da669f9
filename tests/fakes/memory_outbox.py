"""Outboxes in dictionaries: a second writing of the same promises."""

from collections import Counter
from datetime import datetime
from typing import Any

from cost_sentry.application.rows import Rows, Unreadable
from cost_sentry.domain.alert import Alert
from cost_sentry.domain.errors import LedgerUnavailable
from tests.fakes.memory_journal import MemoryJournal


class MemoryNotices:
    """``NoticeOutbox``. Set ``down`` to make every call fail.

    Set ``unreadable`` to the keys of mails that are no mails.
    """

    def __init__(self) -> None:
        self.mails: dict[Any, Any] = {}
        self.sent_at: dict[Any, datetime] = {}
        self.errors: dict[Any, str] = {}
        self.attempts: Counter[Any] = Counter()
        self.down = False
        self.unreadable: frozenset[Any] = frozenset()
        self._due_at: dict[Any, datetime] = {}

    def _ask(self) -> None:
        if self.down:
            raise LedgerUnavailable("the outbox did not answer")

    def record(self, mail: Any) -> bool:
        self._ask()
        if mail.key in self.mails:
            return False
        self.mails[mail.key] = mail
        if mail.recipients:
            self._due_at[mail.key] = mail.recorded_at
        return True

    def recorded_at(self, key: Any) -> datetime | None:
        self._ask()
        mail = self.mails.get(key)
        return mail.recorded_at if mail else None

    def due(self, now: datetime, batch_max: int) -> Rows[Any]:
        self._ask()
        due = [key for key, at in self._due_at.items() if at <= now]
        due.sort(key=lambda key: (self.attempts[key], self._due_at[key]))
        readable = [key for key in due if key not in self.unreadable]
        unreadable = (Unreadable(name=key, problem=key) for key in due if key in self.unreadable)
        return Rows((self.mails[key] for key in readable[:batch_max]), unreadable)

    def claim(self, key: Any, now: datetime, until: datetime) -> int | None:
        self._ask()
        if key not in self._due_at or self._due_at[key] > now:
            return None
        self._due_at[key] = until
        self.attempts[key] += 1
        return self.attempts[key]

    def mark_sent(self, key: Any, at: datetime) -> None:
        self._ask()
        self.sent_at[key] = at
        self._due_at.pop(key, None)

    def mark_failed(self, key: Any, error: str, retry_at: datetime) -> None:
        self._ask()
        if key in self._due_at:
            self._due_at[key] = retry_at
            self.errors[key] = error


class MemoryOutbox(MemoryNotices):
    """``AlertOutbox``."""

    def __init__(self, journal: MemoryJournal) -> None:
        super().__init__()
        self._journal = journal

    @property
    def alerts(self) -> dict[Any, Alert]:
        return self.mails

    def record(self, mail: Alert) -> bool:
        is_new = super().record(mail)
        if is_new:
            self._journal.note_alerted(mail.key)
        return is_new
