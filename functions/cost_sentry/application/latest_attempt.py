"""Which attempt counts, of a request id that was answered before (P5)."""

from dataclasses import replace
from datetime import datetime, timedelta

from cost_sentry.application.circuit_ports import RetryRecords
from cost_sentry.application.ports import SameId
from cost_sentry.domain.reservation import ReservationState
from cost_sentry.domain.retry import attempt_id, request_and_attempt

UNDER_WAY_FOR = timedelta(seconds=310)
"""How long an attempt that was granted may be under way without a word of it in the journal."""


def latest_attempt(found: SameId, records: RetryRecords | None, now: datetime) -> SameId:
    """The same, or the attempt that took its place after it was voided.

    Asked only about what was voided, so that no other answer waits for it. An attempt that was
    granted and that nobody has heard of yet counts as pending; one that its own admission refused
    counts as none, once its time is over.

    Raises:
        LedgerUnavailable: Nobody could be asked.
    """
    ended = found.resolution
    if records is None or ended is None or ended.state is not ReservationState.VOIDED:
        return found
    account = found.reservation.account
    request_id, attempt = request_and_attempt(found.reservation.request_id)
    following = attempt_id(request_id, attempt + 1)
    granted_at = records.granted_at(account, following)
    if granted_at is None:
        return found
    known = records.attempt(account, following)
    if known is not None:
        next_one = SameId(reservation=known[0], resolution=known[1])
        return latest_attempt(next_one, records, now)
    if now - granted_at > UNDER_WAY_FOR:
        return found
    return SameId(reservation=replace(found.reservation, request_id=following), resolution=None)
