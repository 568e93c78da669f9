"""Note that a call ended and nobody knows how: its money stays held, its model is watched."""

from cost_sentry.application.ports import Clock
from cost_sentry.application.watch_models import ModelWatch, call_end
from cost_sentry.domain.errors import ConfigurationError, LedgerUnavailable
from cost_sentry.domain.model_failure import is_unwell
from cost_sentry.domain.reservation import Reservation


def note_fault(
    reservation: Reservation, error: str, *, watch: ModelWatch, clock: Clock
) -> str | None:
    """Count it against its model if it says that the model is unwell; why it could not be counted.

    ``None`` if it was, or need not be. The caller's own error waits for this, so it never raises.
    """
    is_well = False if is_unwell(error) else None
    try:
        watch.saw([call_end(reservation, clock.now(), is_well=is_well)])
    except (LedgerUnavailable, ConfigurationError) as fault:
        return str(fault)
    return None
