"""Which attempt counts, of a request id that was answered before (P5)."""

from dataclasses import replace
from datetime import datetime, timedelta

from cost_sentry.application.circuit_ports import RetryRecords
from cost_sentry.application.ports import Ledger, SameId
from cost_sentry.domain.reservation import ReservationState
from cost_sentry.domain.retry import attempt_id, request_and_attempt

UNDER_WAY_FOR = timedelta(seconds=130)
"""Longer than the admission of an attempt that was granted takes, with all its repetitions."""
NOBODY = "nobody"
"""The execution that asks for an attempt: none, so that it goes on with nobody's reservation."""


def latest_attempt(
    found: SameId, records: RetryRecords | None, ledger: Ledger, now: datetime
) -> SameId:
    """The same, or the attempt that took its place after it was voided.

    Asked only about what was voided, so that no other answer waits for it. An attempt that was
    granted a moment ago and that the ledger does not know yet counts as pending; one that its own
    admission refused counts as none, once its time is over.

    Raises:
        LedgerUnavailable: Nobody could be asked.
    """
    ended = found.resolution
    if records is None or ended is None or ended.state is not ReservationState.VOIDED:
        return found
    request_id, attempt = request_and_attempt(found.reservation.request_id)
    following = attempt_id(request_id, attempt + 1)
    granted_at = records.granted_at(found.reservation.account, following)
    if granted_at is None:
        return found
    next_one = replace(found.reservation, request_id=following)
    known = ledger.known(replace(next_one, attempt=NOBODY, reserved_at=now))
    if isinstance(known, SameId):
        return latest_attempt(known, records, ledger, now)
    if now - granted_at > UNDER_WAY_FOR:
        return found
    return SameId(reservation=next_one, resolution=None)
