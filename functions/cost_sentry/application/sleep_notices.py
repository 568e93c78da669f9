"""What people hear of endpoints: each event once."""

from dataclasses import dataclass

from cost_sentry.application.notice_ports import NoticeOutbox
from cost_sentry.application.ports import Clock
from cost_sentry.application.wake_money import WakeRefused
from cost_sentry.domain.alert_mail import amount_shown
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.endpoint import STAY_AWAKE_TAG, YES
from cost_sentry.domain.endpoint_mail import Mail, endpoint_notice
from cost_sentry.domain.endpoint_sleep import SleepRecord, SleepState, Slept
from cost_sentry.domain.mail_text import moment
from cost_sentry.domain.sentry_config import SentryConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class SleepNotices:
    """Writes them into the outbox. Raises ``LedgerUnavailable``."""

    outbox: NoticeOutbox
    config: SentryConfig
    clock: Clock

    def tell(self, before: SleepRecord, after: SleepRecord) -> None:
        """That the state changed, if that is anybody's business."""
        if after.state is before.state:
            return
        if after.state is SleepState.ASLEEP and before.state is SleepState.RESTORING:
            self._record(after, f"{after.cycle}/wake-failed-{before.wakes}", _wake_failed(after))
        elif after.state is SleepState.ASLEEP:
            # Once in its life: an endpoint that sleeps every night is no news.
            self._record(after, "asleep", _asleep(after))
        elif after.state is SleepState.CLOSED and before.state is SleepState.ASLEEP:
            self._record(after, f"{after.cycle}/closed", _closed(after))
        elif after.state is SleepState.ABANDONED and before.state is SleepState.FALLING_ASLEEP:
            self._record(after, f"{after.cycle}/abandoned", _abandoned(after))

    def tell_refused(self, record: SleepRecord, refused: WakeRefused) -> None:
        """That it sleeps on because of a budget or a freeze: once a sleep for each of them."""
        if not refused.id_is_used:
            by = refused.budget_id or refused.measure_id or "unpriced"
            event = f"{record.cycle}/refused-{by}"
            self._record(record, event, _refused(record, refused))

    def tell_overdue(self, record: SleepRecord) -> None:
        """That a wake takes too long."""
        self._record(record, f"{record.cycle}/overdue-{record.wakes}", _overdue(record))

    def _record(self, record: SleepRecord, event: str, mail: Mail) -> None:
        key, tags = f"endpoint/{record.endpoint}/{event}", record.snapshot.endpoint.tags
        self.outbox.record(endpoint_notice(mail, key, tags, self.config, self.clock.now()))


def _asleep(record: SleepRecord) -> Mail:
    return Mail(
        what=f"{record.endpoint} sleeps, now and whenever it is idle",
        why="nobody called it for a while, and its tag allows it; this is told once",
        done="its instances are given back; what restores it is verified",
        undo=f"call it, or wake it; to keep it awake, tag {STAY_AWAKE_TAG}={YES}",
    )


def _closed(record: SleepRecord) -> Mail:
    return Mail(
        what=f"the sleep of {record.endpoint} ended, not by the sentry",
        why=record.reason,
        done="its sleep is closed; its scaling rules are as they were",
        undo=f"nothing to undo; to keep it awake, tag {STAY_AWAKE_TAG}={YES}",
        facts=(("Slept", _span(record)), ("Saved", saved_text(record.total))),
    )


def _abandoned(record: SleepRecord) -> Mail:
    return Mail(
        what=f"{record.endpoint} was not put to sleep",
        why=record.reason,
        done="it is left as it is",
        undo="nothing to undo; see below why it could not be done",
    )


def _wake_failed(record: SleepRecord) -> Mail:
    return Mail(
        what=f"{record.endpoint} could not be woken",
        why=record.reason,
        done=f"it sleeps on; tried again from {moment(record.not_before)} on",
        undo="look at it in SageMaker; what restores it is kept",
        facts=(("Charged", "in full, as nobody knows how long instances ran"),)
        if record.has_begun
        else (),
    )


def _refused(record: SleepRecord, refused: WakeRefused) -> Mail:
    return Mail(
        what=f"{record.endpoint} was asked for, and sleeps on",
        why=refused.reason,
        done="nothing was spent; the budgets are asked again while it is wanted",
        undo="raise that budget, or wait for its next window",
    )


def _overdue(record: SleepRecord) -> Mail:
    began = record.restoring_since or record.since
    return Mail(
        what=f"{record.endpoint} does not answer since its wake at {began:%H:%M} UTC",
        why="SageMaker has not finished, or the model does not answer the probe",
        done="the sentry goes on watching it; callers are told to ask others",
        undo="look at it in SageMaker, and at the log of its container",
    )


def saved_text(total: Slept) -> str:
    """``$12.50 by list prices``, and how much of the time nobody can price."""
    known = f"{amount_shown(Unit.USD, total.saved_picodollars)} by list prices, in all its sleeps"
    if not total.unpriced_seconds:
        return known
    if not total.saved_picodollars:
        return f"unknown for {total.unpriced_seconds} seconds: its instances have no known price"
    return f"{known}; unknown for {total.unpriced_seconds} seconds"


def _span(record: SleepRecord) -> str:
    tenths, since = record.total.seconds // 360, record.slept_at
    hours = f"{tenths // 10}.{tenths % 10} hours in all its sleeps"
    return hours if since is None else f"since {moment(since)}; {hours}"
