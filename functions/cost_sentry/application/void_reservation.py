"""Give everything back for a call that surely did not run."""

from cost_sentry.application.ports import Clock, Ledger, Resolved
from cost_sentry.domain.reservation import Reservation, ReservationState, Resolution


def void_reservation(
    reservation: Reservation, error_name: str, *, ledger: Ledger, clock: Clock
) -> Resolved:
    """Void once. Only for errors that prove the model was not called, such as a throttle."""
    resolution = Resolution(
        state=ReservationState.VOIDED,
        resolved_at=clock.now(),
        cost_picodollars=0,
        total_tokens=0,
        usage=None,
        estimated=False,
        reason=error_name,
    )
    return ledger.resolve(reservation, resolution)
