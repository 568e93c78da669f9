"""Post what a call really cost and give back the rest."""

from collections.abc import Callable

from cost_sentry.application.emergency_ports import OutcomeKeeper
from cost_sentry.application.ports import Clock, Ledger, Resolved
from cost_sentry.application.tell_ledger import tell_ledger
from cost_sentry.domain.price_book import ModelPrice, cost_picodollars
from cost_sentry.domain.reservation import Reservation, ReservationState, Resolution
from cost_sentry.domain.usage import TokenUsage


def settle_reservation(
    reservation: Reservation,
    price: ModelPrice,
    usage: TokenUsage | None,
    *,
    ledger: Ledger,
    clock: Clock,
    outcomes: Callable[[], OutcomeKeeper] | None = None,
) -> Resolved:
    """Settle once; a second settlement gets the first one back (P4).

    Without usable usage the whole quote is charged and marked as estimated: unknown is never
    free (P6). The price is the one that was fixed at admission (P7). Of a slot, ``outcomes`` keeps
    it while the ledger is silent.
    """
    known = usage is not None
    resolution = Resolution(
        state=ReservationState.SETTLED,
        resolved_at=clock.now(),
        cost_picodollars=cost_picodollars(price, usage) if usage else reservation.quote_picodollars,
        total_tokens=usage.total_tokens if usage else reservation.quote_tokens,
        usage=usage,
        estimated=not known,
        reason="usage reported" if known else "no usable usage in the answer",
    )
    return tell_ledger(reservation, resolution, ledger=ledger, outcomes=outcomes)
