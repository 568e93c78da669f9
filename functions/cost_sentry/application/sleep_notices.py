"""What people hear of endpoints: each event once."""

from dataclasses import dataclass
from datetime import datetime

from cost_sentry.application.notice_ports import Notice, NoticeOutbox
from cost_sentry.application.ports import Clock
from cost_sentry.application.wake_money import WakeRefused
from cost_sentry.domain.alert_mail import amount_shown
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.endpoint import STAY_AWAKE_TAG, YES
from cost_sentry.domain.endpoint_mail import Mail, body_of, recipients_of_tags, subject_of
from cost_sentry.domain.endpoint_sleep import SleepRecord, SleepState, Slept
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
        """That it sleeps on because of a budget: once a sleep for each budget."""
        if not refused.id_is_used:
            event = f"{record.cycle}/refused-{refused.budget_id or 'unpriced'}"
            self._record(record, event, _refused(record, refused))

    def tell_overdue(self, record: SleepRecord) -> None:
        """That a wake takes too long."""
        self._record(record, f"{record.cycle}/overdue-{record.wakes}", _overdue(record))

    def _record(self, record: SleepRecord, event: str, mail: Mail) -> None:
        tags, now = record.snapshot.endpoint.tags, self.clock.now()
        self.outbox.record(
            Notice(
                key=f"endpoint/{record.endpoint}/{event}",
                recipients=recipients_of_tags(tags, self.config),
                subject=subject_of(mail),
                body=body_of(mail, tags, now),
                recorded_at=now,
            )
        )


def _asleep(record: SleepRecord) -> Mail:
    return Mail(
        what=f"endpoint {record.endpoint} sleeps, and from now on whenever it is idle",
        why="nobody called it for a while, and its tag allows it",
        done="its instances were given back; the snapshot that restores it is kept, and verified",
        undo=f"cost-sentry endpoint wake {record.endpoint}; to keep it awake for good, give it the "
        f"tag {STAY_AWAKE_TAG}={YES}",
    )


def _closed(record: SleepRecord) -> Mail:
    return Mail(
        what=f"the sleep of endpoint {record.endpoint} has ended, and not by the sentry",
        why=record.reason,
        done="its sleep is closed; if it is there, its scaling rules are as they were",
        undo=f"nothing needs to be done; to keep it awake, give it the tag {STAY_AWAKE_TAG}={YES}",
        facts=(("Slept", _span(record)), ("Saved", saved_text(record.total))),
    )


def _abandoned(record: SleepRecord) -> Mail:
    return Mail(
        what=f"endpoint {record.endpoint} was not put to sleep",
        why=record.reason,
        done="it is left as it is",
        undo="nothing needs to be undone; look at why it could not be done",
    )


def _wake_failed(record: SleepRecord) -> Mail:
    return Mail(
        what=f"endpoint {record.endpoint} could not be woken",
        why=record.reason,
        done=f"it sleeps on; the sentry tries again from {_at(record.not_before)} on, when it is "
        "wanted; what the wake may have cost is charged in full",
        undo="look at the endpoint in SageMaker; its snapshot is kept",
    )


def _refused(record: SleepRecord, refused: WakeRefused) -> Mail:
    return Mail(
        what=f"endpoint {record.endpoint} was asked for and sleeps on",
        why=refused.reason,
        done="nothing was spent; the budgets are asked again every few minutes while it is wanted",
        undo="raise the budget's limit in sentry.yaml and apply it, or wait for its next window",
    )


def _overdue(record: SleepRecord) -> Mail:
    began = record.restoring_since or record.since
    return Mail(
        what=f"endpoint {record.endpoint} wakes since {_at(began)} and does not answer yet",
        why="SageMaker has not finished, or the model does not answer the probe",
        done="the sentry goes on watching it; calls are to be answered elsewhere meanwhile",
        undo="look at the endpoint in SageMaker, and at the log of its container",
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
    since = record.slept_at
    return "not at all" if since is None else f"from {_at(since)}, all sleeps: " + _hours(record)


def _hours(record: SleepRecord) -> str:
    tenths = record.total.seconds // 360
    return f"{tenths // 10}.{tenths % 10} hours"


def _at(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")
