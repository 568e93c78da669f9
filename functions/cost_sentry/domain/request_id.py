"""What a request id may look like, and what it says about its own age.

A version 7 UUID (RFC 9562 §5.7) begins with the milliseconds at which it was made. One that is
seconds old cannot have been used before, so the ledger needs no look into the past for it.
"""

import re
from datetime import UTC, datetime, timedelta

FRESH_FOR = timedelta(seconds=10)
"""How long an id counts as new. Shards remember ended calls for longer (``STAMP_KEPT``)."""
AHEAD_MAX = timedelta(seconds=10)
"""How far an id's clock may be ahead of the ledger's."""
STAMP_KEPT = timedelta(seconds=45)
"""How long a shard remembers a call after the journal has it: longer than an id counts as new with
its clock ahead, and an admission goes on without another look into the journal."""

REQUEST_ID_ALLOWED = "1 to 128 letters, digits and . _ : -"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)
_VERSION_7 = re.compile(
    r"([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE
)


def is_request_id(text: str) -> bool:
    """Whether a caller may use this as an id."""
    return _REQUEST_ID.fullmatch(text) is not None


def made_at(request_id: str) -> datetime | None:
    """When a version 7 UUID says it was made; ``None`` for every other id."""
    match = _VERSION_7.fullmatch(request_id)
    if match is None:
        return None
    seconds, milliseconds = divmod(int(match[1] + match[2], 16), 1000)
    try:
        moment = datetime.fromtimestamp(seconds, tz=UTC)
        return moment + timedelta(milliseconds=milliseconds)
    except (ValueError, OverflowError, OSError):
        return None


def is_fresh(request_id: str, now: datetime) -> bool:
    """Whether the id proves that nobody can have used it more than ``FRESH_FOR`` ago."""
    made = made_at(request_id)
    return made is not None and now - FRESH_FOR <= made <= now + AHEAD_MAX


def is_ahead(request_id: str, now: datetime) -> bool:
    """Whether the id says it will be made later; it would count as new when it is not."""
    made = made_at(request_id)
    return made is not None and made > now + AHEAD_MAX
