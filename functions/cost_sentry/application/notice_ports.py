"""Where notices wait until they have gone out."""

from datetime import datetime
from typing import Protocol

from cost_sentry.application.rows import Rows
from cost_sentry.domain.notice import Notice


class NoticeOutbox(Protocol):
    """Notices that must reach somebody. Raises ``LedgerUnavailable``."""

    def record(self, notice: Notice) -> bool:
        """Keep it for sending unless one of this key is on record; whether it was new."""
        ...

    def recorded_at(self, key: str) -> datetime | None:
        """When the notice of this key was recorded; ``None``: there is none."""
        ...

    def due(self, now: datetime, batch_max: int) -> Rows[Notice]:
        """At most ``batch_max`` notices that are unsent and unclaimed, the least tried first."""
        ...

    def claim(self, key: str, now: datetime, until: datetime) -> int | None:
        """Take it for sending; which attempt this is, ``None`` if somebody else has it."""
        ...

    def mark_sent(self, key: str, at: datetime) -> None:
        """It went out; it is never due again."""
        ...

    def mark_failed(self, key: str, error: str, retry_at: datetime) -> None:
        """It did not; it is due again at ``retry_at``."""
        ...
