"""What people hear of endpoints: each event once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from cost_sentry.application.endpoint_ports import EndpointFault
from cost_sentry.application.endpoint_problems import Problem, problem_of
from cost_sentry.application.falling_asleep_mails import (
    abandoned,
    asleep,
    not_restorable,
    wake_command,
)
from cost_sentry.application.late_wake_mails import (
    charged,
    charged_of_failed,
    hangs,
    in_part,
    left,
    overdue,
)
from cost_sentry.application.notice_ports import NoticeOutbox
from cost_sentry.application.ports import Clock
from cost_sentry.application.wake_money import WakeRefused
from cost_sentry.domain.alert_mail import amount_shown
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.endpoint import STAY_AWAKE_TAG, YES
from cost_sentry.domain.endpoint_mail import Mail, endpoint_notice
from cost_sentry.domain.endpoint_saving import NOTHING, Saving, month_of
from cost_sentry.domain.endpoint_sleep import ANSWERS, SleepRecord, SleepState
from cost_sentry.domain.mail_text import moment
from cost_sentry.domain.sentry_config import SentryConfig

_SIGN_CHARACTERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class SleepNotices:
    """Writes them into the outbox. Raises ``LedgerUnavailable``."""

    outbox: NoticeOutbox
    config: SentryConfig
    clock: Clock
    problems: list[Problem] = field(default_factory=list)
    """Orders that were not taken since this was put together: of one run, or of one wish."""

    def tell(self, before: SleepRecord, after: SleepRecord) -> None:
        """That the state changed, if that is anybody's business."""
        if after.state is before.state:
            return
        if after.state is SleepState.ASLEEP and before.state is SleepState.RESTORING:
            self._tell_wake_failed(before, after)
        elif after.state is SleepState.ASLEEP:
            self._tell_asleep(after)
        elif after.state is SleepState.CLOSED and before.state is SleepState.ANSWERED:
            self._tell_woke(after)
        elif after.state is SleepState.LEFT:
            mail = left(after)
            told = replace(mail, facts=(*mail.facts, *_saved_facts(after)))
            self._record(after, f"{after.cycle}/left", told)
        elif after.state is SleepState.CLOSED:
            self._record(after, f"{after.cycle}/closed", _closed(after))
        elif after.state is SleepState.ABANDONED and before.state is SleepState.FALLING_ASLEEP:
            self._tell_abandoned(before, after)

    def note(self, record: SleepRecord, fault: EndpointFault) -> None:
        """That SageMaker did not take an order; the alarm tells whoever can mend that."""
        self.problems.append(problem_of(record.endpoint, fault))

    def _tell_abandoned(self, before: SleepRecord, after: SleepRecord) -> None:
        """Each reason once a week: it is tried again while it is idle."""
        mail = abandoned(after, is_tried_again=after.failures > before.failures)
        self._record(after, f"{_week(after)}/abandoned-{_sign(after.reason)}", mail)

    def _tell_asleep(self, record: SleepRecord) -> None:
        """Once in its life: an endpoint that sleeps every night is no news."""
        if record.total.sleeps == 1:
            self._record(record, f"{record.cycle}/asleep", asleep(record))

    def _tell_wake_failed(self, before: SleepRecord, after: SleepRecord) -> None:
        """The first of some in a row, and of those that follow one a day."""
        is_first = after.failures == 1
        event = f"wake-failed-{before.wakes}" if is_first else f"wake-fails-{_day(after.since)}"
        self._record(after, f"{after.cycle}/{event}", _wake_failed(after))

    def _tell_woke(self, record: SleepRecord) -> None:
        """Once a week; more often if people heard before that it sleeps on, or hear more now."""
        event = self._news(record)
        if event is None:
            self._record(record, f"{_week(record)}/woke", _woke(record, *_OTHER_WAKES))
        else:
            self._record(record, event, _woke(record))

    def _news(self, record: SleepRecord) -> str | None:
        """What of a wake is not as usual, named so that it is told as often as it should be.

        Each time that a try failed or was refused before; each reason for which it is not as it was
        once a week; that it was late once a day, as ``tell_overdue`` does.
        """
        if record.slept_at is not None and record.not_before > record.slept_at:
            return f"{record.cycle}/woke"
        if record.reason != ANSWERS:
            return f"{_week(record)}/woke-{_sign(record.reason)}"
        rules = self.config.endpoints
        took = record.since - record.wake_began
        if rules is None:
            return f"{record.cycle}/woke"
        is_late = took > timedelta(minutes=rules.wake_minutes_max)
        return f"{_day(record.wake_began)}/woke-late" if is_late else None

    def tell_refused(self, record: SleepRecord, refused: WakeRefused) -> None:
        """That it sleeps on because of a budget, a freeze, or a gap: once a sleep for each."""
        if not refused.id_is_used:
            event = f"{record.cycle}/refused-{refused.budget_id or refused.by}"
            self._record(record, event, _refused(record, refused))

    def tell_overdue(self, record: SleepRecord, spared: str | None) -> None:
        """That a wake takes too long, and why it will not be ended; ``None``: it will.

        Once a day: of wakes that fail in a row, and of an endpoint whose probe is wrong, each is.
        """
        self._record(record, f"{_day(record.wake_began)}/overdue", overdue(record, spared))

    def tell_hangs(
        self, record: SleepRecord, why: str, until: datetime | None, *, is_tried: bool
    ) -> None:
        """That a wake hangs and is not ended, for SageMaker or the rules forbid it: once a wake."""
        mail = hangs(record, why, charged(record, until), is_tried=is_tried)
        self._record(record, f"{record.cycle}/hangs-{record.wakes}", mail)

    def tell_in_part(self, record: SleepRecord, why: str, until: datetime | None) -> None:
        """That a part of it sleeps, and the rest may not be ended: once a wake."""
        mail = in_part(record, why, until)
        self._record(record, f"{record.cycle}/in-part-{record.wakes}", mail)

    def tell_withdrawn(self, record: SleepRecord) -> None:
        """That it sleeps by what ``sentry.yaml`` does not say any more: once a sleep."""
        event = f"{record.cycle}/withdrawn"
        if self.outbox.recorded_at(self._key(record, event)) is None:
            self._record(record, event, _withdrawn(record))

    def tell_not_restorable(self, record: SleepRecord, why: str) -> None:
        """That it stays awake for what is missing: each once, while it is made of the same."""
        event = f"not-restorable-{record.snapshot.digest}-{_sign(why)}"
        self._record(record, event, not_restorable(record, why))

    def tell_remark(self, record: SleepRecord, remark: str) -> None:
        """What its owner should know of how it came back."""
        self._record(record, f"{record.cycle}/made-again", _made_again(record, remark))

    def tell_gone(self, record: SleepRecord, gone: Sequence[str]) -> None:
        """What of it did not come back, for its owner had deleted that."""
        self._record(record, f"{record.cycle}/gone-{record.wakes}", _gone(record, gone))

    def _record(self, record: SleepRecord, event: str, mail: Mail) -> None:
        key, tags = self._key(record, event), record.snapshot.endpoint.tags
        self.outbox.record(endpoint_notice(mail, key, tags, self.config, self.clock.now()))

    def _key(self, record: SleepRecord, event: str) -> str:
        return f"endpoint/{record.endpoint}/{event}"


_OTHER_WAKES = (("Else", "wakes as usual are told once a week: see cost-sentry endpoint list"),)


def _woke(record: SleepRecord, *more: tuple[str, str]) -> Mail:
    return Mail(
        what=f"{record.endpoint} is awake again",
        why=record.reason,
        done=f"it slept {hours_text(record.this)}, and saved {saved_text(record.this)}",
        undo=f"nothing to undo; to keep it awake, tag {STAY_AWAKE_TAG}={YES}",
        facts=(*_saved_facts(record), *more),
    )


def _closed(record: SleepRecord) -> Mail:
    return Mail(
        what=f"the sleep of {record.endpoint} ended, not by the sentry",
        why=record.reason,
        done="its sleep is closed; what others have made is left as it is",
        undo=f"nothing to undo; to keep it awake, tag {STAY_AWAKE_TAG}={YES}",
        facts=_saved_facts(record),
    )


def _saved_facts(record: SleepRecord) -> tuple[tuple[str, str], ...]:
    """Of this sleep, of the month in which it ended, and of all."""
    month = month_of(record.since)
    of_month, total = record.months.get(month, NOTHING), record.total
    slept_at = record.slept_at
    since = "" if slept_at is None else f", since {moment(slept_at)}"
    return (
        ("Slept", f"{hours_text(record.this)}{since}"),
        ("Saved", saved_text(record.this)),
        (f"In {month}", f"{saved_text(of_month)}, in {hours_text(of_month)}"),
        ("In all", f"{saved_text(total)}, in {hours_text(total)} and {total.sleeps} sleeps"),
    )


def _made_again(record: SleepRecord, remark: str) -> Mail:
    return Mail(
        what=f"{record.endpoint} came back by a configuration of its own",
        why=remark,
        done="it has the instances that it had, and that its wake paid for",
        undo="update it to the configuration that you want",
    )


def _gone(record: SleepRecord, gone: Sequence[str]) -> Mail:
    return Mail(
        what=f"{record.endpoint} came back without what was deleted meanwhile",
        why=f"of its inference components these are gone: {', '.join(gone)}",
        done="the others are in service; its wake was charged as a whole",
        undo="make them again, if they were deleted by mistake",
    )


def _day(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d}"


def _week(record: SleepRecord) -> str:
    return record.since.astimezone(UTC).strftime("%G-W%V")


def _sign(reason: str) -> str:
    """The same for reasons that differ in moments, numbers and identifiers only."""
    plain = " ".join(word for word in reason.split() if not any(map(str.isdigit, word)))
    return sha256(plain.encode()).hexdigest()[:_SIGN_CHARACTERS]


def _wake_failed(record: SleepRecord) -> Mail:
    row = f"{record.failures} tries in a row failed; told once a day while that goes on"
    return Mail(
        what=f"{record.endpoint} could not be woken",
        why=record.reason,
        done=f"it sleeps on; tried again from {moment(record.not_before)} on",
        undo="look at it in SageMaker; what restores it is kept",
        facts=(
            *((("Charged", charged_of_failed(record)),) if record.has_begun else ()),
            *((("Tries", row),) if record.failures > 1 else ()),
        ),
    )


def _refused(record: SleepRecord, refused: WakeRefused) -> Mail:
    return Mail(
        what=f"{record.endpoint} was asked for, and sleeps on",
        why=refused.reason,
        done="nothing was spent; the budgets are asked again while it is wanted",
        undo=refused.undo,
    )


def _withdrawn(record: SleepRecord) -> Mail:
    return Mail(
        what=f"{record.endpoint} sleeps, and sentry.yaml does not say so any more",
        why="the section endpoints was taken out of sentry.yaml while it slept",
        done="it sleeps on, wakes for who asks, and then stays awake",
        undo=wake_command(record),
        facts=(("Or", "put endpoints back into sentry.yaml"),),
    )


def saved_text(saving: Saving) -> str:
    """``$12.50 by list prices``, and how much of the time nobody can price."""
    known = f"{amount_shown(Unit.USD, saving.saved_picodollars)} by list prices"
    if not saving.unpriced_seconds:
        return known
    if not saving.saved_picodollars:
        return f"an unknown sum: {saving.unpriced_seconds} seconds have no known price"
    return f"{known}; unknown for {saving.unpriced_seconds} seconds"


def hours_text(saving: Saving) -> str:
    """``13.2 hours``, rounded down."""
    tenths = saving.seconds // 360
    return f"{tenths // 10}.{tenths % 10} hours"
