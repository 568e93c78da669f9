"""What projecting, alerting and explaining need from the world."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cost_sentry.application.decision_log_ports import RecordedDecision
from cost_sentry.application.journal_progress import Progress
from cost_sentry.application.rows import Rows
from cost_sentry.domain.alert import Alert, AlertKey
from cost_sentry.domain.errors import CostSentryError
from cost_sentry.domain.ledger_entry import LedgerEntry
from cost_sentry.domain.spend import SpendBreakdown, WindowTotals


class AlertNotPublished(CostSentryError):  # noqa: N818 - named as the outcome it is
    """The mail did not go out, or nobody knows whether it did."""


class Journal(Protocol):
    """Every entry once, and the totals they add up to. Raises ``LedgerUnavailable`` (P9)."""

    def write(self, entries: Sequence[LedgerEntry]) -> Sequence[LedgerEntry]:
        """Write each entry that is not there yet and add its postings to the totals, at once.

        Atomic per entry, not over all of them. Returns the entries that were new.
        ``EntryNotWritable`` if one of them can never be written; others may have been.
        """
        ...

    def progress(self, place: str) -> Progress:
        """What ``advance`` left."""
        ...

    def advance(self, place: str, before: Progress, after: Progress) -> None:
        """Move the shard's high-water mark forward, never back, and note what is missing."""
        ...

    def totals(self, budget_id: str, window_id: str) -> WindowTotals | None:
        """``None`` before the first posting."""
        ...

    def spend(self, budget_id: str, window_id: str) -> SpendBreakdown:
        """Who spent this window, and on which model."""
        ...

    def entries(self, request_id: str) -> Sequence[LedgerEntry]:
        """What happened to this request id, in any account, in order of time."""
        ...


class AlertOutbox(Protocol):
    """Alerts that must reach somebody. Raises ``LedgerUnavailable``."""

    def record(self, alert: Alert) -> bool:
        """Keep it for sending unless one of this key is on record; whether it was new."""
        ...

    def due(self, now: datetime, batch_max: int) -> Rows[Alert]:
        """At most ``batch_max`` alerts that are unsent and unclaimed, the least tried first."""
        ...

    def claim(self, key: AlertKey, now: datetime, until: datetime) -> int | None:
        """Take it for sending; which attempt this is, ``None`` if somebody else has it."""
        ...

    def mark_sent(self, key: AlertKey, at: datetime) -> None:
        """It went out; it is never due again."""
        ...

    def mark_failed(self, key: AlertKey, error: str, retry_at: datetime) -> None:
        """It did not; it is due again at ``retry_at``."""
        ...


class Mail(Protocol):
    """What a mailbox gets: an ``Alert``, a ``Notice``."""

    @property
    def key(self) -> object:
        """What makes it the same mail."""
        ...

    @property
    def recipients(self) -> Sequence[str]:
        """E-mail addresses."""
        ...

    @property
    def subject(self) -> str:
        """ASCII, at most 100 characters."""
        ...

    @property
    def body(self) -> str:
        """Plain text."""
        ...


class Alerts(Protocol):
    """The way to people's mailboxes."""

    def publish(self, mail: Mail) -> None:
        """Send the mail to its recipients; ``AlertNotPublished`` if it may not have gone out."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSize:
    """How much there is to read, as of some hours ago."""

    items: int
    read_units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedPage:
    """What one question brought."""

    records: tuple[LedgerEntry | RecordedDecision, ...]
    scanned: int
    """Items that were looked at for it."""
    read_units: int
    """That it was billed."""


class RecordedRequests(Protocol):
    """Everything on record about requests, for an operator. Raises ``LedgerUnavailable``."""

    def size(self) -> RecordSize:
        """Of all that ``pages`` looks at."""
        ...

    def pages(self, start: datetime, end: datetime) -> Iterator[RecordedPage]:
        """Entries and decisions of these times, both included, in no order."""
        ...


class Limits(Protocol):
    """The part of ``LedgerBooks`` that alerts need."""

    def limits(self) -> Mapping[str, int]:
        """Every defined budget's limit by id."""
        ...
