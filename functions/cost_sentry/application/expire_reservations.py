"""Resolve what nobody resolved, assuming the worst."""

from dataclasses import dataclass
from datetime import datetime

from cost_sentry.application.emergency_ports import EmergencyStore
from cost_sentry.application.ports import Clock, Ledger
from cost_sentry.domain.emergency import given_back, is_slot
from cost_sentry.domain.errors import CostSentryError
from cost_sentry.domain.reservation import Reservation, Resolution, charged_in_full


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """What one run did."""

    expired: int
    problems: tuple[str, ...]
    """Reservations that could not be resolved now; they come again."""


def expire_reservations(
    *, ledger: Ledger, clock: Clock, batch_max: int, store: EmergencyStore | None = None
) -> Expiry:
    """Post the whole quote of at most ``batch_max`` overdue reservations.

    Bounded, so that one backlog cannot starve the schedule; one that cannot be resolved now does
    not hold up the others. Whoever resolves one first wins. Slots that ``store`` never handed out
    are given back.
    """
    expired, problems = 0, []
    for reservation in ledger.expired(clock.now(), batch_max):
        try:
            ledger.resolve(reservation, _end(reservation, clock.now(), store))
        except CostSentryError as error:
            problems.append(f"{reservation.request_id}: {error}")
        else:
            expired += 1
    return Expiry(expired=expired, problems=tuple(problems))


def _end(reservation: Reservation, now: datetime, store: EmergencyStore | None) -> Resolution:
    """A slot that was lost on its way to the store was never used, once no call can claim it."""
    if store and is_slot(reservation) and store.claim(reservation.request_id, None):
        return given_back(now)
    return charged_in_full(reservation, now)
