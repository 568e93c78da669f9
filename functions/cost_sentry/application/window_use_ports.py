"""Who knows what windows hold and have posted at this moment, for rules that are only tried."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from cost_sentry.domain.reservation import Hold, Reservation


class WindowUse(Protocol):
    """The ledger's own count of budget windows, read aside; it moves nothing."""

    def can_count(self, hold: Hold) -> bool:
        """False of a window that is known to have more places than a call should wait for."""
        ...

    def used(self, held: Reservation, holds: Sequence[Hold]) -> Mapping[str, int]:
        """What is posted, and held by calls up to this one, in the unit of each hold, by its key.

        Each at one instant after ``held`` was held; calls that were reserved later are left out.
        A window that is not among the answers could not be counted now. At most two reads, whatever
        there is to count. ``LedgerUnavailable`` if the ledger does not answer at once.
        """
        ...
