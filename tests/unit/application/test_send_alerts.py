from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.application.journal_ports import AlertNotPublished
from cost_sentry.application.send_alerts import (
    CLAIM_SECONDS,
    retry_pause,
    send_alerts,
    send_waiting,
)
from cost_sentry.domain.alert import AlertKey
from cost_sentry.domain.errors import LedgerUnavailable
from tests.contract.outbox_contract import KEY, alert
from tests.contract.test_notice_outbox_contract import NOTICE
from tests.fakes.builders import ManualClock
from tests.fakes.memory_journal import MemoryJournal
from tests.fakes.memory_outbox import MemoryNotices, MemoryOutbox
from tests.fakes.recorded_alerts import RecordedAlerts


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def outbox():
    outbox = MemoryOutbox(MemoryJournal())
    outbox.record(alert())
    return outbox


def test_a_waiting_alert_goes_out_once(outbox, clock):
    mailbox = RecordedAlerts()

    first = send_alerts(outbox, mailbox, clock, 10)
    clock.advance(days=1)
    second = send_alerts(outbox, mailbox, clock, 10)

    assert (first.sent, second.sent) == (1, 0)
    assert mailbox.published == [alert()]


def test_a_failed_publish_keeps_the_alert_with_its_attempts_and_the_last_error(outbox, clock):
    mailbox = RecordedAlerts(failures_left=3)

    for _ in range(3):
        assert send_alerts(outbox, mailbox, clock, 10).failed == 1
        clock.advance(minutes=5)

    assert outbox.attempts[KEY] == 3
    assert outbox.errors[KEY] == "search-daily at 50%: the topic did not answer"
    assert send_alerts(outbox, mailbox, clock, 10).sent == 1


def test_a_failed_alert_is_not_tried_again_at_once(outbox, clock):
    mailbox = RecordedAlerts(failures_left=1)
    send_alerts(outbox, mailbox, clock, 10)

    assert send_alerts(outbox, mailbox, clock, 10).sent == 0
    clock.advance(seconds=2)
    assert send_alerts(outbox, mailbox, clock, 10).sent == 1


def test_pauses_double_up_to_five_minutes():
    pauses = [retry_pause(attempt).total_seconds() for attempt in (1, 2, 3, 8, 9, 10_000)]

    assert pauses == [2, 4, 8, 256, 300, 300]


def test_one_failure_does_not_hold_up_the_others(outbox, clock):
    other = alert(_key(50))
    outbox.record(other)

    done = send_alerts(outbox, RecordedAlerts(failures_left=1), clock, 10)

    assert (done.sent, done.failed) == (1, 1)


def test_a_topic_that_is_silent_takes_the_time_of_two_mails_and_the_rest_stays_due(outbox, clock):
    for percent in range(1, 6):
        outbox.record(alert(_key(percent)))

    done = send_alerts(outbox, RecordedAlerts(failures_left=99), clock, 10)

    assert (done.sent, done.failed) == (0, 2)
    assert send_alerts(outbox, RecordedAlerts(), clock, 10).sent == 4


def test_mails_that_nobody_ever_takes_hold_up_no_others(outbox, clock):
    refused = {_key(1), _key(2)}
    for percent in range(1, 41):
        outbox.record(alert(_key(percent)))
    mailbox = RecordedAlerts(refused=refused)

    sent = 0
    for _ in range(6):
        clock.advance(minutes=5)
        sent += send_alerts(outbox, mailbox, clock, 10).sent

    assert sent == 39, "forty, and the one of the fixture, without the two"


def test_two_senders_at_once_send_an_alert_once(outbox, clock):
    class Racing(RecordedAlerts):
        def publish(self, what):
            if not self.published:
                self.published.append(what)
                assert send_alerts(outbox, self, clock, 10).sent == 0

    mailbox = Racing()

    assert send_alerts(outbox, mailbox, clock, 10).sent == 1
    assert len(mailbox.published) == 1


def test_a_sender_that_dies_after_publishing_is_replaced_when_its_claim_lapses(outbox, clock):
    class Dying(RecordedAlerts):
        def publish(self, what):
            super().publish(what)
            outbox.down = True

    mailbox = Dying()
    done = send_alerts(outbox, mailbox, clock, 10)
    assert "outbox could not be asked" in done.problems[0]

    outbox.down = False
    clock.advance(seconds=CLAIM_SECONDS - 1)
    assert send_alerts(outbox, RecordedAlerts(), clock, 10).sent == 0
    clock.advance(seconds=1)
    assert send_alerts(outbox, RecordedAlerts(), clock, 10).sent == 1


def test_an_outbox_that_does_not_answer_fails_nobody(outbox, clock):
    outbox.down = True

    done = send_alerts(outbox, RecordedAlerts(), clock, 10)

    assert (done.sent, done.failed) == (0, 0)
    with pytest.raises(LedgerUnavailable):
        outbox.due(clock.now(), 1)


def test_a_run_sends_no_more_than_its_batch(outbox, clock):
    for percent in (80, 100):
        outbox.record(alert(_key(percent)))

    assert send_alerts(outbox, RecordedAlerts(), clock, 2).sent == 2
    assert send_alerts(outbox, RecordedAlerts(), clock, 2).sent == 1


def test_a_mailbox_that_always_refuses_is_asked_ever_more_rarely(outbox, clock):
    class Refusing:
        asked = 0

        def publish(self, _what):
            self.asked += 1
            raise AlertNotPublished("refused")

    mailbox, end = Refusing(), clock.now() + timedelta(hours=1)
    while clock.now() < end:
        send_alerts(outbox, mailbox, clock, 10)
        clock.advance(seconds=1)

    assert mailbox.asked == 19


def _key(percent):
    return AlertKey(budget_id="b", window_id="all", threshold_percent=percent)


def test_alerts_and_notices_go_out_in_one_run(outbox, clock):
    mailbox, notices = RecordedAlerts(), MemoryNotices()
    notices.record(NOTICE)

    done = send_waiting((outbox, notices), mailbox, clock, 10)

    assert done.sent == 2
    assert mailbox.published == [alert(), NOTICE]


def test_a_silent_topic_is_not_asked_for_notices_too(outbox, clock):
    mailbox, notices = RecordedAlerts(failures_left=9), MemoryNotices()
    notices.record(NOTICE)
    outbox.record(alert(replace(KEY, threshold_percent=80)))

    done = send_waiting((outbox, notices), mailbox, clock, 10)

    assert (done.failed, notices.attempts[NOTICE.key]) == (2, 0)


def test_a_mail_that_cannot_be_read_holds_up_no_other_and_is_told_each_time(clock):
    notices, mailbox = MemoryNotices(), RecordedAlerts()
    for key in ("a", "b"):
        notices.record(replace(NOTICE, key=key))
    notices.unreadable = frozenset({"a"})

    first = send_waiting((notices,), mailbox, clock, 1)
    second = send_waiting((notices,), mailbox, clock, 1)

    assert (first.sent, first.unreadable) == (1, ("a",))
    assert (second.sent, second.unreadable) == (0, ("a",))
