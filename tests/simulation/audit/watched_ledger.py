"""The ledger as its use cases see it, with an eye on what it answers."""

from datetime import UTC, datetime, timedelta
from typing import Any

from cost_sentry.application.ports import Resolved, Shortage
from cost_sentry.domain.errors import InvariantViolated
from cost_sentry.domain.reservation import Hold, Reservation, ReservationState, Resolution
from tests.simulation import ledger_records as records
from tests.simulation.audit import broken
from tests.simulation.audit.auditor import Auditor
from tests.simulation.audit.broken import BrokenPromise
from tests.simulation.audit.truth import Watch

ADJUSTED_WITHIN = timedelta(hours=23, minutes=45)
"""A shard keeps the record of an expired call for a day; clocks may differ by ten minutes."""


class WatchedLedger:
    """The ledger as its use cases see it; every answer is checked as it is given.

    Args:
        ledger: the real one.
        auditor: who knows the truth.
    """

    def __init__(self, ledger: Any, auditor: Auditor) -> None:
        self._ledger = ledger
        self._auditor = auditor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def reserve(self, reservation: Reservation) -> Any:
        """See the port; a shortage must have been one at some instant while it was asked."""
        truth = self._auditor.truth
        watch = truth.watch(hold.key for hold in reservation.holds)
        try:
            result = self._ledger.reserve(reservation)
        finally:
            truth.watches.remove(watch)
        self._auditor.checks += 1
        if isinstance(result, Shortage):
            self._check_shortage(result.hold, watch)
        return result

    def _check_shortage(self, hold: Hold, watch: Watch) -> None:
        truth, least = self._auditor.truth, watch.least.get(hold.key)
        if least is None or least < hold.amount:
            return
        if not truth.is_as_good_as_spent(hold.key, hold.amount, watch):
            detail = f"{hold.key} is said to lack {hold.amount}, and had {least} all the time"
            raise BrokenPromise(broken.NEVER_FALSELY_REFUSED, detail)
        self._auditor.met["last money left alone"] += 1

    def resolve(self, reservation: Reservation, resolution: Resolution) -> Resolved:
        """See the port; what comes back is the one resolution there is."""
        key = (reservation.account, reservation.request_id)
        story = self._auditor.truth.stories.get(key)
        try:
            result: Resolved = self._ledger.resolve(reservation, resolution)
        except InvariantViolated as error:
            if story is not None and _is_of(story.held, reservation):
                raise BrokenPromise(broken.SAME_RESOLUTION, str(error)) from error
            raise
        told = result.resolved.resolution
        self._auditor.checks += 1
        if story is None or (told.state.value, told.cost_picodollars) not in story.told:
            detail = f"{reservation.request_id} ended otherwise ({story}), the answer is {told}"
            raise BrokenPromise(broken.SAME_RESOLUTION, detail)
        is_true = resolution.state is ReservationState.SETTLED and not resolution.estimated
        in_time = resolution.resolved_at - told.resolved_at < ADJUSTED_WITHIN
        if is_true and in_time and story.ended and story.ended.state == records.EXPIRED:
            detail = f"{reservation.request_id} is settled with its true cost, and stays {told}"
            raise BrokenPromise(broken.ADJUSTED, detail)
        return result


def _is_of(held: records.Held, reservation: Reservation) -> bool:
    """Whether this is held, by whichever invocation, and not another try of its execution.

    A try whose answer is lost in an outage may never have been held; the sweep asks all the same.
    """
    made_ms = (reservation.reserved_at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
        milliseconds=1
    )
    return (held.execution, held.reserved_at_ms) == (reservation.execution, made_ms)
