"""Who reads what the sentry's own calls used, minute by minute. Raises ``LedgerUnavailable``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cost_sentry.domain.meter import Meter, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeMinute:
    """One minute of a scope, by the start of its calls; ended calls only, but for what is held."""

    minute: datetime
    calls: int
    picodollars: int
    input_tokens: int
    """Of whole prompts, cached or not."""
    output_tokens: int
    held_calls: int = 0
    """Calls that began, whatever became of them; one may be counted twice."""
    held_picodollars: int = 0
    """What was held for them."""


class Meters(Protocol):
    """Of teams, applications and models."""

    def active(self, since: datetime) -> Sequence[Scope]:
        """Scopes that had anything in the hour of ``since`` or a later one."""
        ...

    def minutes(self, scope: Scope, since: datetime, until: datetime) -> Sequence[ScopeMinute]:
        """Minutes from ``since`` to before ``until`` that had anything, in order."""
        ...


class OwnUse(Protocol):
    """What the sentry's own calls to models used, and still may."""

    def own(self, model_id: str, since: datetime, until: datetime) -> Mapping[datetime, Meter]:
        """The same of a model, as its meters have it."""
        ...

    def slots(self, model_id: str) -> Meter:
        """Of calls that were set aside for outages; nobody knows in which minute one begins."""
        ...

    def active(self, since: datetime) -> Sequence[Scope]:
        """See ``Meters``."""
        ...
