"""What is held for one candidate: the reservation, as it is offered to the ledger."""

from datetime import datetime, timedelta

from cost_sentry.application.candidates import Candidate
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.reservation import Reservation
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.service_tier import price_version


def reservation_for(
    candidate: Candidate,
    request: InvocationRequest,
    config: SentryConfig,
    *,
    attempt: str,
    book_version: str,
    now: datetime,
) -> Reservation:
    """The money of this candidate, in the windows of this moment.

    Args:
        candidate: one model, at its quote.
        request: what is asked.
        config: in force.
        attempt: names the execution that asks.
        book_version: of the price book.
        now: when it is held.
    """
    run = request.session
    return Reservation(
        request_id=request.request_id,
        account=request.account,
        attempt=attempt,
        digest=request.digest,
        decision=candidate.decision.value,
        model_asked=request.model_id,
        model_used=candidate.model_id,
        price_version=_priced_by(candidate, config, book_version),
        input_bound_tokens=candidate.input_bound_tokens,
        output_limit_tokens=candidate.output_limit_tokens,
        quote_picodollars=candidate.quote_picodollars,
        holds=candidate.holds(now),
        tags=request.tags,
        priority=request.priority.value,
        reserved_at=now,
        expires_at=now + timedelta(seconds=config.hold_seconds),
        path_digests=run.path_digests if run else None,
        retry=run.retry if run else 0,
    )


def _priced_by(candidate: Candidate, config: SentryConfig, book_version: str) -> str:
    """The configuration itself, where that is what prices the model: no book has an endpoint."""
    if candidate.model_id in config.endpoint_models:
        return f"sentry.yaml+{config.version}"
    return price_version(book_version, candidate.service_tier)
