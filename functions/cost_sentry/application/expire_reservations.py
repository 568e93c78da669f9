"""Resolve what nobody resolved, assuming the worst."""

from dataclasses import dataclass

from cost_sentry.application.ports import Clock, Ledger
from cost_sentry.domain.errors import CostSentryError
from cost_sentry.domain.reservation import charged_in_full


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """What one run did."""

    expired: int
    problems: tuple[str, ...]
    """Reservations that could not be resolved now; they come again."""


def expire_reservations(*, ledger: Ledger, clock: Clock, batch_max: int) -> Expiry:
    """Post the whole quote of at most ``batch_max`` overdue reservations.

    Bounded, so that one backlog cannot starve the schedule; one that cannot be resolved now does
    not hold up the others. Whoever resolves one first wins.
    """
    expired, problems = 0, []
    for reservation in ledger.expired(clock.now(), batch_max):
        try:
            ledger.resolve(reservation, charged_in_full(reservation, clock.now()))
        except CostSentryError as error:
            problems.append(f"{reservation.request_id}: {error}")
        else:
            expired += 1
    return Expiry(expired=expired, problems=tuple(problems))
