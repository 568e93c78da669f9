"""Send the mails that are due. What fails stays due; nothing here fails its caller.

A mail can go out twice: a sender claims an alert, publishes it, and dies before it marks it sent;
when the claim lapses, another sender publishes it again. The other order would lose mails. Two
senders at work at the same time do not send the same alert, because the claim is a conditional
write.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cost_sentry.application.journal_ports import AlertNotPublished, AlertOutbox, Alerts
from cost_sentry.application.ports import Clock
from cost_sentry.domain.alert import Alert
from cost_sentry.domain.errors import LedgerUnavailable

CLAIM_SECONDS = 60
"""Longer than publishing may take, with the SDK's time limits and retries."""
FAILURES_PER_RUN_MAX = 2
"""A topic that is silent costs its time-outs each time; what else is due waits for the next run."""
RETRY_SECONDS_MIN = 2
RETRY_SECONDS_MAX = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOutcome:
    """What became of the alerts that were due."""

    sent: int = 0
    failed: int = 0
    problems: tuple[str, ...] = ()
    """Why, in the words of whoever refused; each also stands in the outbox."""


def send_alerts(outbox: AlertOutbox, alerts: Alerts, clock: Clock, batch_max: int) -> SendOutcome:
    """Publish at most ``batch_max`` alerts that are due.

    Args:
        outbox: where recorded alerts wait.
        alerts: the way out.
        clock: for claims and retries.
        batch_max: bounds the time that one run may take.
    """
    outcome = SendOutcome()
    try:
        for alert in outbox.due(clock.now(), batch_max):
            if outcome.failed >= FAILURES_PER_RUN_MAX:
                break
            outcome = _plus(outcome, _send(alert, outbox, alerts, clock.now()))
    except LedgerUnavailable as error:
        return _plus(outcome, SendOutcome(problems=(f"the outbox could not be asked: {error}",)))
    return outcome


def _send(alert: Alert, outbox: AlertOutbox, alerts: Alerts, now: datetime) -> SendOutcome:
    attempt = outbox.claim(alert.key, now, now + timedelta(seconds=CLAIM_SECONDS))
    if attempt is None:
        return SendOutcome()
    try:
        alerts.publish(alert)
    except AlertNotPublished as error:
        outbox.mark_failed(alert.key, str(error), now + retry_pause(attempt))
        return SendOutcome(failed=1, problems=(str(error),))
    outbox.mark_sent(alert.key, now)
    return SendOutcome(sent=1)


def retry_pause(attempt: int) -> timedelta:
    """2, 4, 8 … seconds after the first, second, third failure, at most five minutes."""
    doublings = min(attempt - 1, RETRY_SECONDS_MAX.bit_length())
    return timedelta(seconds=min(RETRY_SECONDS_MIN << doublings, RETRY_SECONDS_MAX))


def _plus(one: SendOutcome, other: SendOutcome) -> SendOutcome:
    return SendOutcome(
        sent=one.sent + other.sent,
        failed=one.failed + other.failed,
        problems=one.problems + other.problems,
    )
