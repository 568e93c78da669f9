"""What watching models, and trying calls again, need from the world.

Each port raises ``LedgerUnavailable`` where the table cannot be asked, unless it says otherwise.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from cost_sentry.domain.circuit import Circuit, Tally


class Circuits(Protocol):
    """What admission asks. Never raises and never waits long: what is not known is closed."""

    def current(self) -> Mapping[str, Circuit]:
        """Circuits that are not closed, by model id; may be a second old."""
        ...

    def changed(self, model_id: str, before: Circuit, after: Circuit) -> bool:
        """Whether this made ``after`` of ``before``; not if another was first, or nobody knows."""
        ...


class CircuitStore(Protocol):
    """Where circuits are kept, and what is counted of calls."""

    def read(self) -> Mapping[str, Circuit]:
        """Circuits that are not closed, by model id."""
        ...

    def change(self, model_id: str, before: Circuit | None, after: Circuit | None) -> bool:
        """Put ``after`` in the place of ``before``, ``None`` being closed; not if that changed."""
        ...

    def count(self, model_id: str, bucket: int, tally: Tally) -> None:
        """Add to what is counted of this bucket."""
        ...

    def tally(self, model_id: str, from_bucket: int) -> Tally:
        """What is counted of this bucket and later ones, as far as it is not forgotten."""
        ...

    def forget(self, model_id: str, at: datetime) -> None:
        """Let nothing count any more that ended before."""
        ...


class RetryBank(Protocol):
    """What all calls together have earned, and what trying again spends."""

    def earn(self, parts: int) -> None:
        """Save up so much, as far as there is room."""
        ...

    def grant(self, account: str, attempt_id: str, at: datetime) -> bool:
        """Whether this attempt may be made. Spent once, however often it is asked for."""
        ...


class RetryRecords(Protocol):
    """What is known of attempts after the first."""

    def granted_at(self, account: str, attempt_id: str) -> datetime | None:
        """When the attempt was granted; ``None`` if it never was."""
        ...
