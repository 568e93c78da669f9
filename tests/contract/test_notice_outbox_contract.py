"""Every outbox of notices keeps every promise, whatever it is made of."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.adapters.dynamodb_notice_outbox import DynamoDbNoticeOutbox
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.system_clock import pause
from cost_sentry.domain.errors import RecordUnreadable
from cost_sentry.domain.notice import Notice
from tests.contract.engines import EVERY, MEMORY, TABLES, spoil
from tests.fakes.builders import NOON
from tests.fakes.memory_outbox import MemoryNotices

NOTICE = Notice(
    key="incident:team:search:20261121T1200",
    recipients=("ann@example.com", "ben@example.com"),
    subject="Cost sentry: team search spends 9 x its usual rate",
    body="What:     9 x the usual rate\n",
    recorded_at=NOON,
)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("engine", EVERY)
class TestNoticeOutbox:
    @pytest.fixture
    def outbox(self, engine, request):
        if engine == MEMORY:
            return MemoryNotices()
        table = request.getfixturevalue("table")
        return DynamoDbNoticeOutbox(LedgerCalls(table.client, table.name), pause)

    def test_a_cause_that_is_delivered_twice_makes_one_mail(self, outbox):
        assert outbox.record(NOTICE)
        assert not outbox.record(replace(NOTICE, body="again", recorded_at=NOON + MINUTE))

        assert list(outbox.due(NOON + MINUTE, 10)) == [NOTICE]

    def test_what_went_out_is_never_due_and_never_recorded_again(self, outbox):
        outbox.record(NOTICE)
        assert outbox.claim(NOTICE.key, NOON, NOON + MINUTE) == 1
        outbox.mark_sent(NOTICE.key, NOON)

        assert list(outbox.due(NOON + timedelta(days=1), 10)) == []
        assert not outbox.record(NOTICE)

    def test_when_it_was_recorded_is_known_for_good(self, outbox):
        assert outbox.recorded_at(NOTICE.key) is None
        outbox.record(NOTICE)
        outbox.record(replace(NOTICE, recorded_at=NOON + MINUTE))
        outbox.claim(NOTICE.key, NOON, NOON + MINUTE)
        outbox.mark_sent(NOTICE.key, NOON)

        assert outbox.recorded_at(NOTICE.key) == NOON

    def test_a_claimed_notice_is_nobody_elses_until_the_claim_lapses(self, outbox):
        outbox.record(NOTICE)
        assert outbox.claim(NOTICE.key, NOON, NOON + MINUTE) == 1

        assert outbox.claim(NOTICE.key, NOON, NOON + MINUTE) is None
        assert list(outbox.due(NOON + MINUTE - timedelta(milliseconds=1), 10)) == []
        assert outbox.claim(NOTICE.key, NOON + MINUTE, NOON + 2 * MINUTE) == 2

    def test_a_failed_notice_is_due_again_when_it_was_said(self, outbox):
        outbox.record(NOTICE)
        outbox.claim(NOTICE.key, NOON, NOON + MINUTE)

        outbox.mark_failed(NOTICE.key, "the topic did not answer", NOON + timedelta(seconds=2))

        assert list(outbox.due(NOON + timedelta(seconds=1), 10)) == []
        assert list(outbox.due(NOON + timedelta(seconds=2), 10)) == [NOTICE]

    def test_one_for_nobody_is_on_record_and_waits_for_nothing(self, outbox):
        nobody = replace(NOTICE, recipients=())

        assert outbox.record(nobody)
        assert not outbox.record(nobody)
        assert list(outbox.due(NOON, 10)) == []

    def test_a_run_takes_no_more_than_its_batch(self, outbox):
        for n in range(3):
            outbox.record(replace(NOTICE, key=f"incident:{n}"))

        assert len(outbox.due(NOON, 2)) == 2


@pytest.mark.parametrize("engine", TABLES)
class TestNoticesOnATable:
    @pytest.mark.parametrize(
        "spoilt", [{"notice": '{"key": "a"}'}, {"due_at": ""}, {"attempts": ""}]
    )
    def test_a_mail_that_cannot_be_read_holds_up_no_other_and_is_told(self, table, spoilt):
        outbox = DynamoDbNoticeOutbox(LedgerCalls(table.client, table.name), pause)
        for key in ("a", "b", "c"):
            outbox.record(replace(NOTICE, key=key))
        spoil(table, "NOTICES", "a", **spoilt)

        due = outbox.due(NOON, 1)

        assert [one.key for one in due] == ["b"]
        assert [one.name for one in due.unreadable] == ["a"]
        assert "the mail at NOTICES / a cannot be read" in due.problems[0]

    def test_one_on_record_that_cannot_be_read_is_told_as_that(self, table):
        outbox = DynamoDbNoticeOutbox(LedgerCalls(table.client, table.name), pause)
        outbox.record(NOTICE)
        spoil(table, f"NOTICE#{NOTICE.key}", "NOTICE", notice="{}")

        with pytest.raises(RecordUnreadable, match="NOTICE cannot be read: KeyError: 'key'"):
            outbox.recorded_at(NOTICE.key)
