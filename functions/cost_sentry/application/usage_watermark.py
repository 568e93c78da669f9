"""Up to which minute usage can be compared, by how far the ledger's entries were carried."""

from datetime import datetime, timedelta

from cost_sentry.application.usage_ports import Carried
from cost_sentry.domain.meter import minute_of

LOOK_AFTER = timedelta(minutes=3)
"""Points of younger minutes are still coming; there is no hurry to be wrong."""
BEHIND_AFTER = timedelta(minutes=5)
"""An older mark says that the journal is behind."""
FAILURE_HEEDED = timedelta(minutes=3)
"""After entries could not be journaled, which are tried again all the time, nothing is compared."""


def watermark(now: datetime, carried: Carried) -> tuple[datetime | None, str]:
    """Up to which minute can be compared; ``None`` if nothing can. And why it is not what it was.

    What the journal does not have yet would look like somebody else's usage.
    """
    if carried.until is None:
        return None, "no mark came through the ledger's stream yet"
    if carried.failed_at is not None and now - carried.failed_at < FAILURE_HEEDED:
        return None, f"entries could not be journaled at {carried.failed_at.isoformat()}"
    until = minute_of(min(now - LOOK_AFTER, carried.until))
    is_behind = now - carried.until > BEHIND_AFTER
    why = f"the journal is behind since {carried.until.isoformat()}" if is_behind else ""
    return until, why
