"""Keep why a call was refused, rerouted, cut short or not made, so that it can be explained."""

from collections.abc import Callable

from cost_sentry.application.decision_log_ports import EntryNotWritable, RejectionLog
from cost_sentry.application.ports import Clock
from cost_sentry.domain.decision import Decision, DecisionKind, ReasonCode
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.invocation import InvocationRequest


def note_decision(
    decision: Decision,
    request: InvocationRequest | None,
    *,
    log: Callable[[], RejectionLog],
    clock: Clock,
) -> str | None:
    """Note what was not allowed as it was asked, or was routed; why it could not be noted.

    ``None`` if it was, or need not be: a call that waits is not decided yet.

    A call that was is explained by its ledger entries, and one that an emergency allowance paid for
    is noted when it is booked. One that a cache answered has no entry. The answer never waits for,
    nor fails by, its own explanation.

    Args:
        decision: what was answered.
        request: what was asked; ``None`` if it was malformed.
        log: makes the place where it is kept; few calls need one.
        clock: says when.
    """
    if decision.code in (ReasonCode.LEDGER_UNAVAILABLE, ReasonCode.EMERGENCY_ALLOWANCE):
        return "the ledger is where it would be noted"
    lowered = decision.code is ReasonCode.OUTPUT_LIMIT_LOWERED
    # What nobody knows of a shadow is in the answer; it is not worth an item for each call.
    shadow = any(note.is_known for note in decision.shadow)
    told = lowered or shadow or decision.route or decision.cached
    as_asked = decision.kind is DecisionKind.ALLOW and not told
    if as_asked or decision.replayed or decision.wait_seconds is not None:
        return None
    try:
        if decision.cached:
            log().record_hit(decision, clock.now(), request)
        else:
            log().record(decision, clock.now(), request)
    except (LedgerUnavailable, EntryNotWritable) as error:
        return str(error)
    return None
