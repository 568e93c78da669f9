"""Give everything back for a call that surely did not run."""

from collections.abc import Callable

from cost_sentry.application.emergency_ports import OutcomeKeeper
from cost_sentry.application.ports import Clock, Ledger, Resolved
from cost_sentry.application.tell_ledger import tell_ledger
from cost_sentry.domain.reservation import Reservation, ReservationState, Resolution


def void_reservation(
    reservation: Reservation,
    error_name: str,
    *,
    ledger: Ledger,
    clock: Clock,
    outcomes: Callable[[], OutcomeKeeper] | None = None,
) -> Resolved:
    """Void once. Only for errors that prove the model was not called, such as a throttle.

    Of a slot, ``outcomes`` keeps it while the ledger is silent.
    """
    resolution = Resolution(
        state=ReservationState.VOIDED,
        resolved_at=clock.now(),
        cost_picodollars=0,
        total_tokens=0,
        usage=None,
        estimated=False,
        reason=error_name,
    )
    return tell_ledger(reservation, resolution, ledger=ledger, outcomes=outcomes)
