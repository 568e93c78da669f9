"""Who reads what the sentry's own calls used, minute by minute. Raises ``LedgerUnavailable``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cost_sentry.domain.anomaly import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeMinute:
    """One minute of a scope, by the start of its calls."""

    minute: datetime
    calls: int
    picodollars: int
    input_tokens: int
    """Of whole prompts, cached or not."""
    output_tokens: int


class Meters(Protocol):
    """Of teams, applications and models."""

    def active(self, since: datetime) -> Sequence[Scope]:
        """Scopes that had anything in the hour of ``since`` or a later one."""
        ...

    def minutes(self, scope: Scope, since: datetime, until: datetime) -> Sequence[ScopeMinute]:
        """Minutes from ``since`` to before ``until`` that had anything, in order."""
        ...
