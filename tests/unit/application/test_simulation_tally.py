"""What changes between two configurations, counted by whom it concerns and what decided."""

from dataclasses import replace

import pytest

from cost_sentry.application.simulated_call import choice_of
from cost_sentry.application.simulation_tally import (
    EXAMPLES_MAX,
    ChangeKey,
    Outcome,
    Tally,
    decided_by,
    outcome_of,
)
from cost_sentry.domain.decision import Decision, DecisionKind, ReasonCode
from cost_sentry.domain.policy import PolicyNote
from tests.fakes.admissions import CHEAP, DEAR
from tests.fakes.builders import reservation
from tests.fakes.refusals import refusal, view
from tests.fakes.simulations import call

NOTE = PolicyNote(policy_id="no-dear", sentence="Too dear.", model_id=DEAR)
ALLOWED = Decision(
    kind=DecisionKind.ALLOW,
    code=ReasonCode.WITHIN_BUDGETS,
    message="every budget can pay for it",
    request_id="r1",
    model_asked=DEAR,
    model_used=DEAR,
    reservation=reservation(),
)
REROUTED = replace(
    ALLOWED,
    kind=DecisionKind.REROUTE,
    code=ReasonCode.REROUTED_TO_FIT,
    model_used=CHEAP,
    decided_by_budget="search-daily",
)
SHORTENED = replace(ALLOWED, code=ReasonCode.OUTPUT_LIMIT_LOWERED, decided_by_budget="search-daily")
REFUSED = refusal(view("all", binding=False), view("search-daily"))
STRUCK = refusal(code=ReasonCode.FORBIDDEN_BY_POLICY, policies=(NOTE,))
REPEATED = replace(ALLOWED, code=ReasonCode.ALREADY_ANSWERED, replayed=True)


@pytest.mark.parametrize(
    ("decision", "outcome"),
    [
        (ALLOWED, Outcome.AS_ASKED),
        (SHORTENED, Outcome.LOWERED),
        (REROUTED, Outcome.REROUTED),
        (replace(REROUTED, code=ReasonCode.OUTPUT_LIMIT_LOWERED), Outcome.REROUTED),
        (REFUSED, Outcome.REJECTED),
        (REPEATED, Outcome.REPEATED),
    ],
)
def test_a_decision_is_what_its_caller_makes_of_it(decision, outcome):
    assert outcome_of(decision) is outcome


@pytest.mark.parametrize(
    ("decision", "by"),
    [
        (REFUSED, "budget search-daily"),
        (REROUTED, "budget search-daily"),
        (STRUCK, "policy no-dear"),
        (replace(STRUCK, policies=()), "no policy permits it"),
        (refusal(code=ReasonCode.UNKNOWN_TEAM), "UNKNOWN_TEAM"),
        (ALLOWED, "WITHIN_BUDGETS"),
    ],
)
def test_what_decided_is_named(decision, by):
    assert decided_by(decision) == by


def test_a_call_that_both_decide_alike_is_no_change():
    tally = Tally()

    tally.note(call("r1"), ALLOWED, replace(ALLOWED, message="in other words"))

    assert (tally.calls, tally.changed, tally.changes) == (1, 0, {})
    assert tally.before == tally.after == {(Outcome.AS_ASKED, ReasonCode.WITHIN_BUDGETS): 1}


def test_changes_are_told_by_application_and_by_what_stands_in_the_way():
    tally = Tally()

    for n in range(EXAMPLES_MAX + 2):
        tally.note(call(f"r{n}", at=n), ALLOWED, REFUSED)
    tally.note(call("back", at=9), STRUCK, ALLOWED)

    newly = ChangeKey(
        team="search",
        application="web",
        before=Outcome.AS_ASKED,
        after=Outcome.REJECTED,
        by="budget search-daily",
    )
    freed = replace(newly, before=Outcome.REJECTED, after=Outcome.AS_ASKED, by="policy no-dear")
    assert {key: change.calls for key, change in tally.changes.items()} == {
        newly: EXAMPLES_MAX + 2,
        freed: 1,
    }
    assert [e.request_id for e in tally.changes[newly].examples] == ["r0", "r1", "r2"]
    assert (tally.moved(to=Outcome.REJECTED), tally.moved(to=Outcome.AS_ASKED)) == (5, 1)


@pytest.mark.parametrize(
    "after",
    [
        replace(REROUTED, model_used="another"),
        replace(REROUTED, reservation=reservation(output_limit_tokens=10)),
        replace(REROUTED, code=ReasonCode.REROUTED_BY_POLICY),
    ],
    ids=["model", "output limit", "code"],
)
def test_another_model_output_limit_or_code_is_a_change_within_an_outcome(after):
    tally = Tally()

    tally.note(call("r1"), REROUTED, after)

    assert tally.changed == tally.moved_within(Outcome.REROUTED) == 1
    assert tally.moved(to=Outcome.REROUTED) == 0


def test_what_nobody_knows_of_a_budget_in_shadow_mode_is_no_refusal():
    tally, unknown = Tally(), replace(ALLOWED, shadow=(replace(NOTE, is_known=False),))

    tally.note(call("r1"), ALLOWED, unknown)

    assert (tally.shadow, tally.changed) == ({}, 0)


def test_a_policy_in_shadow_mode_counts_each_call_once():
    tally, twice = Tally(), replace(ALLOWED, shadow=(NOTE, replace(NOTE, model_id=CHEAP)))

    tally.note(call("r1"), ALLOWED, twice)

    assert (tally.shadow, tally.changed) == ({("policy", "no-dear"): 1}, 0)


def test_a_budget_in_shadow_mode_is_told_as_a_budget():
    tally = Tally(shadow_budgets={"search-daily"})
    told = replace(NOTE, policy_id="search-daily")

    tally.note(call("r1"), ALLOWED, replace(ALLOWED, shadow=(told, NOTE)))

    assert tally.shadow == {("budget", "search-daily"): 1, ("policy", "no-dear"): 1}


def test_recorded_decisions_that_are_made_again_are_counted():
    tally = Tally()

    tally.note(call("r1", recorded=choice_of(ALLOWED)), ALLOWED, ALLOWED)
    tally.note(call("r2", recorded=choice_of(REFUSED)), ALLOWED, ALLOWED)
    tally.note(call("r3"), ALLOWED, ALLOWED)

    assert (tally.recorded, tally.recorded_alike) == (2, 1)
