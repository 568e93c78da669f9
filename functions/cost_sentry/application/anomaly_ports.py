"""What finding anomalies needs from the world besides meters."""

from dataclasses import dataclass
from typing import Protocol

from cost_sentry.domain.anomaly import Anomaly
from cost_sentry.domain.burn_state import BurnState
from cost_sentry.domain.errors import CostSentryError
from cost_sentry.domain.meter import Scope


class AnomalyNotRaised(CostSentryError):  # noqa: N818 - named as the outcome it is
    """The event did not go out, or nobody knows whether it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptState:
    """What is known of a scope, and which writing of it this is."""

    state: BurnState | None
    """``None``: nobody can read it any more, and the next one takes its place."""
    version: int


class DetectorStates(Protocol):
    """One state a scope. Raises ``LedgerUnavailable``."""

    def read(self, scope: Scope) -> KeptState | None:
        """``None`` of a scope that was never seen."""
        ...

    def write(self, scope: Scope, before: int | None, state: BurnState) -> int | None:
        """Put ``state`` in the place of version ``before``; ``None``: there is none yet.

        Returns its version, or ``None`` if another was first.
        """
        ...


class Events(Protocol):
    """The way to whoever acts."""

    def raise_(self, anomaly: Anomaly) -> None:
        """Tell it; twice is once, by id and ``now``. ``AnomalyNotRaised`` if it may be lost."""
        ...
