"""Resolve what nobody resolved, assuming the worst."""

from cost_sentry.application.ports import Clock, Ledger
from cost_sentry.domain.reservation import Reservation, ReservationState, Resolution


def expire_reservations(*, ledger: Ledger, clock: Clock, batch_max: int) -> int:
    """Post the whole quote of at most ``batch_max`` overdue reservations; how many it were.

    Bounded, so that one backlog cannot starve the schedule. Whoever resolves one first wins.
    """
    now = clock.now()
    overdue = ledger.expired(now, batch_max)
    for reservation in overdue:
        ledger.resolve(reservation, _assume_the_worst(reservation, clock))
    return len(overdue)


def _assume_the_worst(reservation: Reservation, clock: Clock) -> Resolution:
    return Resolution(
        state=ReservationState.EXPIRED,
        resolved_at=clock.now(),
        cost_picodollars=reservation.quote_picodollars,
        total_tokens=reservation.quote_tokens,
        usage=None,
        estimated=True,
        reason="nobody resolved it",
    )
