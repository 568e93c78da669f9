"""What watching over incidents needs from the world."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Protocol

from cost_sentry.application.rows import Rows
from cost_sentry.domain.incident import Incident
from cost_sentry.domain.spend import SpendBreakdown


class Kept(Enum):
    """What became of a revision."""

    WRITTEN = auto()
    MET_ANOTHER = auto()
    """Somebody revised the scope's record meanwhile; nothing was changed."""
    TOO_MANY = auto()
    """As many scopes as may be were acted on within this hour; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Share:
    """One more scope that is acted on, out of those that may be within an hour of the clock."""

    hour: datetime
    scopes_max: int


class Incidents(Protocol):
    """The latest incident of each scope, and all that ever was of them. ``LedgerUnavailable``.

    A record that cannot be read fails whoever asks for it; in a list it stands beside the others.
    """

    def current(self, key: str) -> Incident | None:
        """The latest incident of the scope of this key; ``None``: it never had one."""
        ...

    def write(self, incident: Incident, share: Share | None = None) -> Kept:
        """Keep this revision as the scope's latest and as a step of the incident, or neither.

        Only as the one that follows what is kept. ``share``: and only if the hour has one left.
        """
        ...

    def latest(self) -> Rows[Incident]:
        """Of every scope that ever had one."""
        ...

    def steps(self, incident_id: str) -> Rows[Incident]:
        """Every revision of one incident, in order; empty if there is none of this id."""
        ...


class WindowSpend(Protocol):
    """The part of ``Journal`` that evidence is read from."""

    def spend(self, budget_id: str, window_id: str) -> SpendBreakdown:
        """Who spent this window, and on which model."""
        ...
