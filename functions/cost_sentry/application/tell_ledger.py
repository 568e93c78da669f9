"""Tell the ledger how a call ended; of a slot, keep it while the ledger is silent."""

from collections.abc import Callable

from cost_sentry.application.emergency_ports import OutcomeKeeper, StoreUnavailable
from cost_sentry.application.ports import Ledger, Resolved
from cost_sentry.domain.emergency import is_slot
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.reservation import Reservation, Resolution, ResolvedReservation


def tell_ledger(
    reservation: Reservation,
    resolution: Resolution,
    *,
    ledger: Ledger,
    outcomes: Callable[[], OutcomeKeeper] | None,
) -> Resolved:
    """Resolve it once (P4): in the ledger, or for a slot in the store until the next sweep.

    What is kept first is what the sweep books, so it is also the answer; ``first`` says whether
    that is this resolution. ``left`` of no budget is known then.

    Args:
        reservation: as it was admitted.
        resolution: how the call ended.
        ledger: asked first.
        outcomes: makes the store when it is needed; ``None``: there is none.

    Raises:
        LedgerUnavailable: Nobody could be told.
    """
    try:
        return ledger.resolve(reservation, resolution)
    except LedgerUnavailable as silent:
        if outcomes is None or not is_slot(reservation):
            raise
        try:
            kept = outcomes().put_outcome(reservation.request_id, resolution)
        except StoreUnavailable as error:
            raise LedgerUnavailable(f"{silent}; nor could the outcome be kept: {error}") from error
        resolved = ResolvedReservation(reservation=reservation, resolution=kept)
        return Resolved(resolved=resolved, first=kept == resolution)
