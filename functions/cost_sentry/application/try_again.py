"""Whether a call that Amazon Bedrock refused before it ran is tried again."""

from datetime import datetime, timedelta

from cost_sentry.application.circuit_ports import RetryBank
from cost_sentry.application.ports import Clock, ConfigSource
from cost_sentry.domain.emergency import is_slot
from cost_sentry.domain.errors import ConfigurationError, LedgerUnavailable
from cost_sentry.domain.model_failure import bare_name, may_be_tried_again
from cost_sentry.domain.reservation import ReservationState, ResolvedReservation
from cost_sentry.domain.retry import (
    BEGINS_WITHIN_SECONDS,
    Again,
    attempt_id,
    request_and_attempt,
)
from cost_sentry.domain.service_tier import model_held


def try_again(
    voided: ResolvedReservation,
    before: Again | None,
    *,
    started_at: datetime | None,
    config_source: ConfigSource,
    bank: RetryBank,
    clock: Clock,
) -> Again | None:
    """What the next attempt must know; ``None``: there is none.

    Only after a refusal that proves that nothing ran, and that the model was unwell; only while the
    execution has time left, and only if all calls together have earned it. A call of unknown
    outcome is never tried again: it may be billed. Where nobody can be asked, the answer is no.

    Args:
        voided: what was held, and why it was given back. What ended otherwise is not tried again.
        before: what this attempt knew of those before it.
        started_at: of the execution; ``None`` if nobody says so.
        config_source: says how often.
        bank: pays for it.
        clock: says how late it is.
    """
    refused, error = voided.reservation, voided.resolution.reason
    is_voided = voided.resolution.state is ReservationState.VOIDED
    if not is_voided or not may_be_tried_again(error) or is_slot(refused):
        return None
    if started_at is None or clock.now() - started_at > timedelta(seconds=BEGINS_WITHIN_SECONDS):
        return None
    request_id, attempt = request_and_attempt(refused.request_id)
    following = attempt_id(request_id, attempt + 1)
    try:
        config = config_source.current()
        rules = config.retries if config else None
        if rules is None or attempt >= rules.attempts_max or not rules.percent:
            return None
        if not bank.grant(refused.account, following, clock.now()):
            return None
    except (LedgerUnavailable, ConfigurationError):
        return None
    models = (*(before.refused_by if before else ()), model_held(refused))
    return Again(attempt=attempt + 1, error=bare_name(error), refused_by=models)
