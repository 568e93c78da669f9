"""Notices to people: what happened, written once and kept until it was sent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One mail. ``key`` names the event, so that the same event makes no second mail."""

    key: str
    recipients: tuple[str, ...]
    subject: str
    body: str
    recorded_at: datetime


class NoticeOutbox(Protocol):
    """Notices that must reach somebody. Raises ``LedgerUnavailable``."""

    def record(self, notice: Notice) -> bool:
        """Keep it for sending; ``False`` if its key is already on record."""
        ...
