"""An endpoint that sleeps: its ladder serves the call, or the call waits; and somebody wakes it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.adapters.decision_record import decision_text, recorded_decision_from
from cost_sentry.application.explain_request import explain
from cost_sentry.application.note_decision import note_decision
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.endpoint_model import WhileAsleep
from cost_sentry.domain.invocation import InvocationPath
from cost_sentry.domain.retry import Again
from tests.fakes.admissions import BLIND, CHEAP, DEAR, Sentry, request
from tests.fakes.builders import NOON, budget, measure, resolution
from tests.fakes.memory_journal import MemoryJournal
from tests.fakes.memory_sleepers import (
    OWN,
    MemorySleepers,
    asleep,
    endpoint_model,
    patient,
    with_endpoint,
)

PLENTY = budget(limit=10**9)


class Sleeping(Sentry):
    """With one endpoint among its models, which a test puts to sleep."""

    def __init__(self, *budgets, endpoint=None, ladder=(CHEAP,), **changes) -> None:
        models = with_endpoint(endpoint or endpoint_model(), ladder)
        super().__init__(*(budgets or [PLENTY]), models=models, **changes)
        self.sleepers = MemorySleepers()
        self.admission = replace(self.admission, sleepers=lambda: self.sleepers)

    def falls_asleep(self, **changes) -> None:
        self.sleepers.sleeping["own"] = asleep(**changes)


def of_endpoint(**changes):
    return request(**{"model_id": OWN, "began_at": NOON, **changes})


def test_one_that_sleeps_is_struck_its_ladder_serves_at_once_and_its_wake_is_asked_for_once():
    sentry = Sleeping()
    sentry.falls_asleep()

    first, second = sentry.decide(of_endpoint()), sentry.decide(of_endpoint(request_id="r2"))

    assert (first.kind, first.code) == (DecisionKind.REROUTE, ReasonCode.REROUTED_WHILE_ASLEEP)
    assert (first.model_used, first.path) == (CHEAP, InvocationPath.DIRECT)
    assert first.endpoint is None
    assert first.message == (
        "endpoint own sleeps since 2026-11-21T12:00:00+00:00, and is to be woken;"
        f" {CHEAP} is called instead"
    )
    assert first.rungs[0].outcome in first.message
    assert (first.wake, second.wake) == ("own", None)


def test_nobody_asks_for_what_is_wanted_already():
    sentry = Sleeping()
    sentry.falls_asleep(is_wanted=True)

    assert sentry.decide(of_endpoint()).wake is None
    assert not sentry.sleepers.asked_for


def test_a_rung_that_sleeps_is_struck_as_well_and_wanted_when_it_was_come_to():
    dear = budget("dear", limit=1, scope={"team": "search", "model": DEAR})
    sentry = Sleeping(PLENTY, dear)
    sentry.falls_asleep()

    decision = sentry.decide(request(began_at=NOON))

    assert (decision.model_used, decision.code) == (BLIND, ReasonCode.REROUTED_TO_FIT)
    assert [rung.model_id for rung in decision.rungs] == [DEAR, OWN, BLIND]
    assert decision.wake == "own"


def test_a_model_before_it_that_can_be_paid_leaves_the_sleeper_alone():
    sentry = Sleeping()
    sentry.falls_asleep()

    decision = sentry.decide(request())

    assert (decision.model_used, decision.wake) == (DEAR, None)
    assert not sentry.sleepers.looked_at


def test_a_call_that_may_not_have_the_endpoint_wakes_nobody():
    sentry = Sleeping(ladder=())
    sentry.falls_asleep()
    frozen = measure(scope={"model": OWN})
    source = sentry.admission.config_source
    source.config = replace(source.config, measures=(frozen,))

    decision = sentry.decide(of_endpoint())

    assert (decision.code, decision.wake) == (ReasonCode.FROZEN, None)


def test_a_configuration_without_endpoints_looks_at_none():
    sentry = Sentry(PLENTY)
    sleepers = MemorySleepers()
    sentry.admission = replace(sentry.admission, sleepers=lambda: sleepers)

    assert sentry.decide(request()).code is ReasonCode.WITHIN_BUDGETS
    assert not sleepers.looked_at


def test_without_a_ladder_a_call_that_may_not_wait_is_told_when_to_come_again():
    sentry = Sleeping(ladder=())
    sentry.falls_asleep()

    decision = sentry.decide(of_endpoint())

    assert (decision.kind, decision.code) == (DecisionKind.REJECT, ReasonCode.ENDPOINT_ASLEEP)
    assert decision.message == (
        "endpoint own sleeps since 2026-11-21T12:00:00+00:00, and is to be woken"
    )
    assert (decision.retry_after_seconds, decision.wait_seconds) == (300, None)
    assert decision.wake == "own"
    assert not sentry.ledger.pending()


@pytest.mark.parametrize("first", WhileAsleep)
def test_where_no_rung_can_serve_it_a_call_that_may_wait_waits_holding_nothing(first):
    sentry = Sleeping(endpoint=patient(60, first), ladder=())
    sentry.falls_asleep()

    decision = sentry.decide(of_endpoint())

    assert (decision.code, decision.wait_seconds) == (ReasonCode.ENDPOINT_ASLEEP, 15)
    assert decision.wake == "own"
    assert not sentry.ledger.pending()


def test_one_that_waits_first_waits_although_its_ladder_could_serve_it():
    sentry = Sleeping(endpoint=patient())
    sentry.falls_asleep()

    decision = sentry.decide(of_endpoint())

    assert decision.wait_seconds == 15
    assert [rung.model_id for rung in decision.rungs] == [OWN]


def test_one_that_reroutes_first_does_not_wait_while_its_ladder_can_serve_it():
    sentry = Sleeping(endpoint=patient(60, WhileAsleep.REROUTE))
    sentry.falls_asleep()

    assert sentry.decide(of_endpoint()).model_used == CHEAP


def test_who_waited_is_served_by_the_endpoint_under_the_same_id_when_it_is_awake():
    sentry = Sleeping(endpoint=patient())
    sentry.falls_asleep()
    assert sentry.decide(of_endpoint()).wait_seconds
    sentry.clock.advance(seconds=15)
    sentry.sleepers.sleeping.clear()

    decision = sentry.decide(of_endpoint())

    assert (decision.kind, decision.model_used) == (DecisionKind.ALLOW, OWN)
    assert not decision.replayed


def test_who_waited_until_the_deadline_is_served_by_the_ladder():
    sentry = Sleeping(endpoint=patient(60))
    sentry.falls_asleep(waking_since=NOON, is_wanted=True)
    waits = []
    while (decision := sentry.decide(of_endpoint())).wait_seconds is not None:
        waits.append(decision.wait_seconds)
        sentry.clock.advance(seconds=decision.wait_seconds)

    assert waits == [15, 15, 15, 15]
    assert (decision.model_used, decision.code) == (CHEAP, ReasonCode.REROUTED_WHILE_ASLEEP)


def test_after_the_deadline_without_a_ladder_the_call_is_told_when_to_come_again():
    sentry = Sleeping(endpoint=patient(40), ladder=())
    sentry.falls_asleep(waking_since=NOON, is_wanted=True)
    sentry.clock.advance(seconds=40)

    decision = sentry.decide(of_endpoint())

    assert (decision.code, decision.wait_seconds) == (ReasonCode.ENDPOINT_ASLEEP, None)
    assert decision.retry_after_seconds == 260
    assert decision.message == "endpoint own is waking since 2026-11-21T12:00:00+00:00"


def test_nobody_waits_for_a_wake_that_was_refused_beyond_the_deadline_and_hears_why():
    later = NOON + timedelta(minutes=5)
    sentry = Sleeping(endpoint=patient(), ladder=())
    sentry.falls_asleep(not_before=later, reason="budget gpus has 0.01 USD left", is_wanted=True)

    decision = sentry.decide(of_endpoint())

    assert (decision.wait_seconds, decision.retry_after_seconds) == (None, 600)
    assert decision.message.endswith(
        "may not be woken before 2026-11-21T12:05:00+00:00: budget gpus has 0.01 USD left"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"began_at": None},
        {
            "again": Again(attempt=2, error="ModelNotReadyException", refused_by=(OWN,)),
            "request_id": "r1~2",
        },
    ],
)
def test_a_call_of_which_nobody_knows_how_long_it_runs_or_that_is_tried_again_never_waits(changes):
    sentry = Sleeping(endpoint=patient(), ladder=())
    sentry.falls_asleep()

    decision = sentry.decide(of_endpoint(**changes))

    assert (decision.code, decision.wait_seconds) == (ReasonCode.ENDPOINT_ASLEEP, None)


def test_an_id_that_was_answered_is_answered_again_although_its_endpoint_sleeps_now():
    sentry = Sleeping(endpoint=patient())
    held = sentry.decide(of_endpoint()).reservation
    sentry.ledger.resolve(held, resolution())
    sentry.falls_asleep()

    decision = sentry.decide(of_endpoint(), attempt="execution-2")

    assert decision.replayed
    assert decision.code is ReasonCode.ALREADY_ANSWERED


def test_when_its_ladder_has_no_money_sleep_is_why_and_the_budget_is_named():
    few = budget("cheap", limit=1, scope={"team": "search", "model": CHEAP})
    sentry = Sleeping(PLENTY, few)
    sentry.falls_asleep()

    decision = sentry.decide(of_endpoint(lower_output_limit=False))

    assert decision.code is ReasonCode.ENDPOINT_ASLEEP
    assert decision.message.endswith(f"its place: budget cheap cannot pay for {CHEAP}")
    assert [view.budget_id for view in decision.budgets if view.binding] == ["cheap"]


def test_a_call_that_waits_is_not_noted_for_it_is_not_decided_yet():
    sentry = Sleeping(endpoint=patient())
    sentry.falls_asleep()
    asked = of_endpoint()

    def log():
        raise AssertionError("nothing is to be noted")

    assert note_decision(sentry.decide(asked), asked, log=log, clock=sentry.clock) is None


@pytest.mark.parametrize("ladder", [(CHEAP,), ()], ids=["rerouted", "refused"])
def test_what_was_decided_because_it_slept_is_kept_with_the_reason(ladder):
    sentry = Sleeping(ladder=ladder)
    sentry.falls_asleep()
    asked = of_endpoint()
    decision = sentry.decide(asked)

    kept = recorded_decision_from(decision_text(decision, asked), NOON).decision

    assert (kept.code, kept.message) == (decision.code, decision.message)
    assert kept.rungs == decision.rungs
    assert "endpoint own sleeps since" in kept.rungs[0].outcome


def test_who_asks_why_it_was_refused_is_told_that_it_slept():
    sentry, journal = Sleeping(ladder=()), MemoryJournal()
    sentry.falls_asleep()
    asked = of_endpoint()
    decision = sentry.decide(asked)
    note_decision(decision, asked, log=lambda: journal, clock=sentry.clock)

    (told,) = explain("r1", journal=journal, books=NoBooks())

    assert (told.code, told.message) == (ReasonCode.ENDPOINT_ASLEEP, decision.message)


class NoBooks:
    def pending(self, account=None):
        return ()
