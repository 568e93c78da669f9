"""A model that is unwell is not asked: what an admission does instead, and what it says."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.application.circuit_check import CircuitAdvice
from cost_sentry.domain.circuit import Circuit, CircuitRules, Tally
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.errors import LedgerContention, LedgerUnavailable
from cost_sentry.domain.retry import Again
from tests.fakes.admissions import BLIND, CHEAP, DEAR, Sentry, request
from tests.fakes.builders import NOON, budget, resolution
from tests.fakes.memory_circuits import MemoryCircuits

RULES = CircuitRules(failures=5, failure_percent=50, within_seconds=30, open_seconds=20)
OPEN = Circuit(opened_at=NOON, due_at=NOON + timedelta(seconds=20), tally=Tally(8, 5))
DUE = replace(OPEN, due_at=NOON)


class Guarded(Sentry):
    """With a breaker, and circuits that a test sets."""

    def __init__(self, *budgets, **changes) -> None:
        super().__init__(*(budgets or [budget(limit=10**6)]), circuit_breaker=RULES, **changes)
        self.circuits, self.waits = MemoryCircuits(), []
        advice = CircuitAdvice(circuits=self.circuits, pause=lambda: self.waits.append(1))
        self.admission = replace(self.admission, circuits=advice)


def test_a_model_whose_circuit_is_open_is_struck_and_its_ladder_stands_in():
    sentry = Guarded()
    sentry.circuits.circuits[DEAR] = OPEN

    decision = sentry.decide(request())

    assert (decision.kind, decision.code) == (
        DecisionKind.REROUTE,
        ReasonCode.REROUTED_BY_CIRCUIT,
    )
    assert decision.model_used == CHEAP
    assert decision.message == (
        f"{DEAR} is not asked since 2026-11-21T12:00:00+00:00, when 5 of 8 calls within 30 s"
        f" failed; it is tried again at 2026-11-21T12:00:20+00:00; {CHEAP} is called instead"
    )
    assert [rung.model_id for rung in decision.rungs] == [DEAR, CHEAP]
    assert decision.rungs[0].outcome in decision.message


def test_when_every_model_is_unwell_the_call_is_refused_and_told_when_to_come_again():
    sentry = Guarded()
    later = replace(OPEN, due_at=NOON + timedelta(seconds=9.5))
    sentry.circuits.circuits.update({DEAR: OPEN, CHEAP: later, BLIND: OPEN})

    decision = sentry.decide(request())

    assert (decision.kind, decision.code) == (DecisionKind.REJECT, ReasonCode.CIRCUIT_OPEN)
    assert decision.retry_after_seconds == 10
    assert decision.message.startswith(f"{DEAR} is not asked since")
    assert decision.message.endswith("no other model of its ladder can take its place")
    assert len(decision.rungs) == 3
    assert decision.budgets == ()
    assert not sentry.ledger.pending()


def test_a_model_without_a_ladder_is_refused_in_one_sentence():
    sentry = Guarded()
    sentry.circuits.circuits[CHEAP] = OPEN

    decision = sentry.decide(request(model_id=CHEAP))

    assert decision.code is ReasonCode.CIRCUIT_OPEN
    assert "ladder" not in decision.message


def test_an_unwell_model_whose_ladder_has_no_money_is_refused_by_its_circuit_not_its_budget():
    """Waiting some seconds helps; the budget of the ladder may reset in weeks."""
    few = budget("cheap", limit=1, scope={"team": "search", "model": CHEAP})
    blind = budget("blind", limit=1, scope={"team": "search", "model": BLIND})
    sentry = Guarded(budget(limit=10**6), few, blind)
    sentry.circuits.circuits[DEAR] = OPEN

    decision = sentry.decide(request(lower_output_limit=False))

    assert (decision.code, decision.retry_after_seconds) == (ReasonCode.CIRCUIT_OPEN, 20)
    assert decision.message.endswith(f"can take its place: budget cheap cannot pay for {CHEAP}")
    assert [(b.budget_id, b.left, b.needed, b.binding) for b in decision.budgets] == [
        ("search-daily", None, 400, False),
        ("cheap", 1, 400, True),
    ]


def test_a_budget_that_is_used_up_is_named_where_the_unwell_model_was_only_a_rung():
    sentry = Guarded(budget(limit=1))
    sentry.circuits.circuits[CHEAP] = OPEN

    assert sentry.decide(request()).code is ReasonCode.BUDGET_EXHAUSTED


def test_when_the_time_is_over_one_call_tries_the_model_and_all_others_go_on_elsewhere():
    sentry = Guarded()
    sentry.circuits.circuits[DEAR] = DUE

    first, second = sentry.decide(request("r1")), sentry.decide(request("r2"), "execution-2")

    assert (first.code, first.model_used) == (ReasonCode.WITHIN_BUDGETS, DEAR)
    assert (second.code, second.model_used) == (ReasonCode.REROUTED_BY_CIRCUIT, CHEAP)
    assert "one call tries it now" in second.message
    assert sentry.circuits.circuits[DEAR].probe == "search/web#r1"


def test_a_refusal_while_one_call_tries_the_model_says_to_come_again_soon():
    sentry = Guarded()
    sentry.circuits.circuits[CHEAP] = DUE.probed_by("another", NOON)

    decision = sentry.decide(request(model_id=CHEAP))

    assert (decision.code, decision.retry_after_seconds) == (ReasonCode.CIRCUIT_OPEN, 5)


def test_an_execution_that_asks_again_finds_the_probe_that_it_took():
    sentry = Guarded()
    sentry.circuits.circuits[DEAR] = DUE

    first, again = sentry.decide(request()), sentry.decide(request())

    assert (first.model_used, again.model_used) == (DEAR, DEAR)


def test_one_call_takes_one_probe_only():
    sentry = Guarded(budget(limit=300))
    sentry.circuits.circuits.update({DEAR: DUE, CHEAP: DUE})

    decision = sentry.decide(request(lower_output_limit=False))

    assert decision.model_used == BLIND
    assert {c.probe for c in sentry.circuits.circuits.values()} == {None}


def test_a_probe_whose_call_is_not_paid_for_is_given_back():
    sentry = Guarded(budget(limit=500))
    sentry.circuits.circuits[DEAR] = DUE

    decision = sentry.decide(request(lower_output_limit=False))

    assert (decision.code, decision.model_used) == (ReasonCode.REROUTED_TO_FIT, CHEAP)
    assert sentry.circuits.circuits[DEAR] == DUE


def test_so_is_one_of_a_request_id_that_was_answered_before():
    sentry = Guarded()
    sentry.ledger.resolve(sentry.decide(request()).reservation, resolution(7))
    sentry.circuits.circuits[DEAR] = DUE

    assert sentry.decide(request(), "execution-2").replayed
    assert sentry.circuits.circuits[DEAR] == DUE


def test_a_repeated_id_whose_call_is_under_way_to_the_model_leaves_the_probe_to_that():
    sentry = Guarded()
    sentry.circuits.circuits[DEAR] = DUE
    sentry.decide(request())

    assert sentry.decide(request(), "execution-2").replayed
    assert sentry.circuits.circuits[DEAR].probe == "search/web#r1"
    assert sentry.decide(request("r2"), "execution-3").model_used == CHEAP


@pytest.mark.parametrize(
    ("error", "is_given_back"), [(LedgerContention("busy"), True), (LedgerUnavailable("x"), False)]
)
def test_a_probe_is_given_back_where_the_ledger_answers_and_lapses_where_it_is_silent(
    error, is_given_back
):
    sentry = Guarded()
    sentry.circuits.circuits[DEAR] = DUE

    def broken(_):
        raise error

    sentry.ledger.reserve = broken
    decision = sentry.decide(request())

    assert decision.code is ReasonCode.LEDGER_UNAVAILABLE
    assert (sentry.circuits.circuits[DEAR] == DUE) == is_given_back


def test_a_store_that_cannot_be_asked_refuses_nothing():
    sentry = Guarded()
    sentry.circuits.circuits[DEAR] = OPEN
    sentry.circuits.is_silent = True

    assert sentry.decide(request()).code is ReasonCode.WITHIN_BUDGETS


def test_a_configuration_without_a_breaker_looks_at_no_circuit():
    sentry = Guarded()
    unguarded = Sentry(budget(limit=10**6))
    unguarded.admission = replace(unguarded.admission, circuits=sentry.admission.circuits)
    sentry.circuits.circuits[DEAR] = OPEN

    assert unguarded.decide(request()).code is ReasonCode.WITHIN_BUDGETS
    assert sentry.circuits.asked == 0


def again(*models: str) -> Again:
    return Again(attempt=2, error="ThrottlingException", refused_by=models)


def test_a_next_attempt_prefers_a_model_that_has_not_just_refused():
    sentry = Guarded()

    decision = sentry.decide(request("r1~2", again=again(DEAR)))

    assert (decision.code, decision.model_used) == (ReasonCode.REROUTED_TO_RETRY, CHEAP)
    assert decision.message == (
        f"Amazon Bedrock refused {DEAR} a moment ago (ThrottlingException);"
        f" {CHEAP} is tried instead"
    )
    assert decision.reservation.request_id == "r1~2"
    assert sentry.waits == []


def test_without_another_it_asks_the_same_again_after_a_short_wait():
    sentry = Guarded()

    decision = sentry.decide(request("r1~2", model_id=CHEAP, again=again(CHEAP)))

    assert (decision.code, decision.model_used) == (ReasonCode.WITHIN_BUDGETS, CHEAP)
    assert sentry.waits == [1]
