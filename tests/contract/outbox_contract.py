"""What every alert outbox and decision log must do, whatever it is made of."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.domain.alert import Alert, AlertKey
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.decision import (
    BudgetView,
    Decision,
    DecisionKind,
    ReasonCode,
    RungOutcome,
)
from cost_sentry.domain.errors import FieldError
from cost_sentry.domain.invocation import Needs
from tests.fakes.admissions import request
from tests.fakes.builders import NOON, reservation
from tests.fakes.entries import Account

DAY = "2026-11-21"
KEY = AlertKey(budget_id="search-daily", window_id=DAY, threshold_percent=50)


def alert(key: AlertKey = KEY, *recipients: str) -> Alert:
    return Alert(
        key=key,
        unit=Unit.USD,
        limit=100,
        posted=50,
        recorded_at=NOON,
        recipients=recipients or ("ann@example.com",),
        subject="Cost sentry: budget search-daily at 50%",
        body="What: half of it is spent\n",
    )


class OutboxContract:
    """Subclasses provide ``journal``, ``outbox`` and ``log`` fixtures over one empty store."""

    # ---- outbox

    def test_an_alert_is_recorded_once_and_due_until_it_is_sent(self, journal, outbox):
        journal.write(Account().call("r1", 50))

        assert outbox.record(alert())
        assert not outbox.record(replace(alert(), posted=99))
        assert list(outbox.due(NOON, 10)) == [alert()]
        assert journal.totals("search-daily", DAY).alerted_percent == {50}

        assert outbox.claim(KEY, NOON, NOON + timedelta(seconds=60)) == 1
        outbox.mark_sent(KEY, NOON)
        assert list(outbox.due(NOON + timedelta(days=1), 10)) == []
        assert not outbox.record(alert())

    def test_a_claimed_alert_is_nobody_elses_until_the_claim_lapses(self, journal, outbox):
        journal.write(Account().call("r1", 50))
        outbox.record(alert())
        until = NOON + timedelta(seconds=60)

        assert outbox.claim(KEY, NOON, until) == 1
        assert outbox.claim(KEY, NOON, until) is None
        assert list(outbox.due(until - timedelta(milliseconds=1), 10)) == []

        assert list(outbox.due(until, 10)) == [alert()]
        assert outbox.claim(KEY, until, until + timedelta(seconds=60)) == 2

    def test_a_failed_alert_is_due_again_when_it_was_said(self, journal, outbox):
        journal.write(Account().call("r1", 50))
        outbox.record(alert())
        outbox.claim(KEY, NOON, NOON + timedelta(seconds=60))

        outbox.mark_failed(KEY, "the topic did not answer", NOON + timedelta(seconds=2))

        assert list(outbox.due(NOON + timedelta(seconds=1), 10)) == []
        assert list(outbox.due(NOON + timedelta(seconds=2), 10)) == [alert()]

    def test_what_is_not_in_the_outbox_cannot_be_claimed(self, outbox):
        assert outbox.claim(KEY, NOON, NOON) is None
        outbox.mark_failed(KEY, "late", NOON)
        assert list(outbox.due(NOON, 10)) == []

    def test_an_alert_for_nobody_is_on_record_and_waits_for_nothing(self, journal, outbox):
        journal.write(Account().call("r1", 50))
        nobody = replace(alert(), recipients=())

        assert outbox.record(nobody)
        assert list(outbox.due(NOON, 10)) == []
        assert not outbox.record(nobody)

    def test_a_run_takes_no_more_than_its_batch(self, journal, outbox):
        journal.write(Account().call("r1", 50))
        for percent in (50, 80, 100):
            outbox.record(alert(replace(KEY, threshold_percent=percent)))

        assert len(outbox.due(NOON, 2)) == 2

    def test_what_was_tried_least_comes_first(self, journal, outbox):
        journal.write(Account().call("r1", 50))
        keys = [replace(KEY, threshold_percent=percent) for percent in (50, 80, 90)]
        for key in keys:
            outbox.record(alert(key))
        outbox.claim(keys[0], NOON, NOON + timedelta(seconds=60))
        outbox.mark_failed(keys[0], "refused", NOON + timedelta(seconds=2))

        due = outbox.due(NOON + timedelta(seconds=300), 10)

        assert [one.key for one in due][2:] == keys[:1]

    # ---- decisions

    @pytest.fixture
    def refusal(self):
        view = BudgetView(
            budget_id="search-daily",
            window_id=DAY,
            unit=Unit.USD,
            limit=1_000,
            left=-3,
            left_as_of=NOON,
            needed=50,
            resets_at=None,
            binding=True,
        )
        return Decision(
            kind=DecisionKind.REJECT,
            code=ReasonCode.BUDGET_EXHAUSTED,
            message="budget search-daily has too little left",
            request_id="r1",
            model_asked="amazon.nova-pro-v1:0",
            budgets=(view,),
            rungs=(
                RungOutcome(
                    model_id="amazon.nova-pro-v1:0",
                    outcome="refused by search-daily",
                    quote_picodollars=50,
                ),
            ),
            errors=(FieldError(field="tags", problem="too many", allowed="16"),),
            tags={"team": "search", "application": "web"},
        )

    def test_a_refusal_is_kept_with_its_reasons(self, journal, log, refusal):
        log.record(refusal, NOON + timedelta(seconds=9))
        log.record(replace(refusal, message="earlier"), NOON)

        first, second = journal.decisions("r1")
        assert first.decision.message == "earlier"
        assert (second.decision, second.account) == (refusal, "search/web")
        assert second.at == NOON + timedelta(seconds=9)
        assert list(journal.entries("r1")) == []

    def test_a_reroute_is_kept_beside_its_entries(self, journal, log, refusal):
        held = reservation("r1", decision="REROUTE")
        rerouted = replace(refusal, kind=DecisionKind.REROUTE, reservation=held)

        log.record(rerouted, NOON)
        journal.write([Account().reserve("r1")])

        [kept] = journal.decisions("r1")
        assert kept.decision == replace(rerouted, reservation=None)
        assert len(journal.entries("r1")) == 1

    def test_a_refusal_is_kept_with_what_was_asked_and_without_its_text(
        self, journal, log, refusal
    ):
        asked = request("r1", model_id="m", needs=Needs(tools=True))

        log.record(replace(refusal, model_asked="m", tags=asked.tags), NOON, asked)

        [kept] = journal.decisions("r1")
        assert kept.request == asked.without_text()
        assert kept.request.converse == {}

    @pytest.mark.parametrize("team", ["a#b", "x" * 5_000, "💸" * 400, ""])
    def test_a_refusal_of_names_that_no_key_may_hold_is_kept(self, journal, log, refusal, team):
        log.record(replace(refusal, tags={"team": team}), NOON)

        [kept] = journal.decisions("r1")
        assert kept.decision.tags == {"team": team}
