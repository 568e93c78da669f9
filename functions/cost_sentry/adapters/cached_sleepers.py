"""Endpoints that sleep, for admission: each is read at most once a second, and never with a fault.

While a record cannot be read its endpoint counts as awake, and nobody asks again for a while. A
call of one that sleeps after all is refused by SageMaker, and costs nothing.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property

from cost_sentry.application.endpoint_ports import SleepRecords
from cost_sentry.application.ports import Clock
from cost_sentry.domain.endpoint_asleep import Asleep, asleep_by
from cost_sentry.domain.endpoint_sleep import SleepRecord
from cost_sentry.domain.errors import InvariantViolated, LedgerUnavailable

FRESH_FOR = timedelta(seconds=1)
SILENT_FOR = timedelta(seconds=10)
"""After a question that was not answered."""
ASKED_FOR = timedelta(minutes=1)
"""After a wake was asked for. Soon the record says so to all; else the order was lost."""


class CachedSleepers:
    """``application.sleep_check_ports.Sleepers``.

    Args:
        make_records: with a client that soon gives up; called at the first endpoint.
        clock: says how old an answer is.
    """

    def __init__(self, make_records: Callable[[], SleepRecords], clock: Clock) -> None:
        self._make_records = make_records
        self._clock = clock
        self._known: dict[str, tuple[datetime, timedelta, SleepRecord | None]] = {}
        self._asked: dict[str, datetime] = {}

    @cached_property
    def _records(self) -> SleepRecords:
        return self._make_records()

    def asleep(self, endpoint: str) -> Asleep | None:
        """See the port."""
        now = self._clock.now()
        known = self._known.get(endpoint)
        if known is None or not _within(known[1], known[0], now):
            known = self._known[endpoint] = now, *self._looked_up(endpoint)
        return asleep_by(known[2], now)

    def asks_for(self, endpoint: str) -> bool:
        """See the port."""
        now, asked = self._clock.now(), self._asked.get(endpoint)
        if asked is not None and _within(ASKED_FOR, asked, now):
            return False
        self._asked[endpoint] = now
        return True

    def _looked_up(self, endpoint: str) -> tuple[timedelta, SleepRecord | None]:
        try:
            return FRESH_FOR, self._records.read(endpoint)
        except (LedgerUnavailable, InvariantViolated):
            return SILENT_FOR, None


def _within(span: timedelta, since: datetime, now: datetime) -> bool:
    # A clock that was set back proves nothing about age.
    return timedelta(0) <= now - since < span
