"""A mail about anything but a budget's thresholds: an incident, an approval, an endpoint."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One mail. Never changed afterwards; another one of the same key is never sent."""

    key: str
    """What makes it the same mail, however often its cause is delivered: printable ASCII."""
    recipients: tuple[str, ...]
    """E-mail addresses, each once; empty when the configuration names nobody."""
    subject: str
    body: str
    recorded_at: datetime
