"""Send the alerts and notices that are due. What fails stays due; nothing here fails its caller.

A mail can go out twice: a sender claims an alert, publishes it, and dies before it marks it sent;
when the claim lapses, another sender publishes it again. The other order would lose mails. Two
senders at work at the same time do not send the same alert, because the claim is a conditional
write.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from cost_sentry.application.journal_ports import AlertNotPublished, Alerts, Mail
from cost_sentry.application.ports import Clock
from cost_sentry.application.rows import Rows
from cost_sentry.domain.errors import LedgerUnavailable

CLAIM_SECONDS = 60
"""Longer than publishing may take, with the SDK's time limits and retries."""
FAILURES_PER_RUN_MAX = 2
"""A topic that is silent costs its time-outs each time; what else is due waits for the next run."""
RETRY_SECONDS_MIN = 2
RETRY_SECONDS_MAX = 300

Key = TypeVar("Key")
KeyOfMail_co = TypeVar("KeyOfMail_co", covariant=True)


class Waiting(Mail, Protocol[KeyOfMail_co]):
    """A mail that waits under this key."""

    @property
    def key(self) -> KeyOfMail_co:
        """See ``Mail``."""
        ...


class Outbox(Protocol[Key]):
    """The part of ``AlertOutbox`` and ``NoticeOutbox`` that sending needs."""

    def due(self, now: datetime, batch_max: int) -> Rows[Waiting[Key]]:
        """At most ``batch_max`` that are unsent and unclaimed, the least tried first."""
        ...

    def claim(self, key: Key, now: datetime, until: datetime) -> int | None:
        """Which attempt this is; ``None`` if somebody else has it."""
        ...

    def mark_sent(self, key: Key, at: datetime) -> None:
        """It is never due again."""
        ...

    def mark_failed(self, key: Key, error: str, retry_at: datetime) -> None:
        """It is due again at ``retry_at``."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOutcome:
    """What became of the alerts that were due."""

    sent: int = 0
    failed: int = 0
    problems: tuple[str, ...] = ()
    """Why, in the words of whoever refused; each also stands in the outbox."""
    unreadable: tuple[str, ...] = ()
    """Mails that wait and that nobody can read: where each is, and why."""


def send_alerts(outbox: Outbox[Key], alerts: Alerts, clock: Clock, batch_max: int) -> SendOutcome:
    """Publish at most ``batch_max`` alerts, or notices, that are due.

    Args:
        outbox: where recorded mails wait.
        alerts: the way out.
        clock: for claims and retries.
        batch_max: bounds the time that one run may take.
    """
    outcome = SendOutcome()
    try:
        due = outbox.due(clock.now(), batch_max)
        outcome = SendOutcome(unreadable=due.problems)
        for alert in due:
            if outcome.failed >= FAILURES_PER_RUN_MAX:
                break
            outcome = _plus(outcome, _send(alert, outbox, alerts, clock.now()))
    except LedgerUnavailable as error:
        return _plus(outcome, SendOutcome(problems=(f"the outbox could not be asked: {error}",)))
    return outcome


def send_waiting(
    outboxes: Sequence[Outbox[Any]], alerts: Alerts, clock: Clock, batch_max: int
) -> SendOutcome:
    """``send_alerts`` for each of them; a topic that is silent is asked no more than by one."""
    outcome = SendOutcome()
    for outbox in outboxes:
        if outcome.failed >= FAILURES_PER_RUN_MAX:
            break
        outcome = _plus(outcome, send_alerts(outbox, alerts, clock, batch_max))
    return outcome


def _send(alert: Waiting[Key], outbox: Outbox[Key], alerts: Alerts, now: datetime) -> SendOutcome:
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
        unreadable=one.unreadable + other.unreadable,
    )
