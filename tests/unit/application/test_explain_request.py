from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.application.explain_request import explain
from cost_sentry.domain.decision import Decision, DecisionKind, ReasonCode, RungOutcome
from cost_sentry.domain.reservation import (
    EXTERNAL_ACCOUNTS,
    ReservationState,
    external_use,
)
from cost_sentry.domain.usage import TokenUsage
from tests.fakes.builders import NOON, hold, reservation, resolution
from tests.fakes.entries import Account
from tests.fakes.memory_journal import MemoryJournal


class Waiting:
    """Books with these pending reservations."""

    def __init__(self, *reservations):
        self.reservations = reservations

    def pending(self, account=None):
        return self.reservations


@pytest.fixture
def journal():
    return MemoryJournal()


def refusal(message="budget search-daily has too little left", **changes):
    given = {
        "kind": DecisionKind.REJECT,
        "code": ReasonCode.BUDGET_EXHAUSTED,
        "message": message,
        "request_id": "r1",
        "model_asked": "amazon.nova-pro-v1:0",
        "rungs": (RungOutcome(model_id="amazon.nova-pro-v1:0", outcome="refused by b"),),
        "tags": {"team": "search", "application": "web"},
    }
    return Decision(**{**given, **changes})


def test_an_unknown_request_has_nothing_to_explain(journal):
    assert explain("r1", journal=journal, books=Waiting()) == ()


def test_a_settled_call_is_explained_with_what_was_held_and_what_it_cost(journal):
    usage = TokenUsage(input_tokens=10, output_tokens=20)
    account = Account()
    held = account.reserve("r1", hold(100))
    journal.write([held, account.resolve(held, resolution(40, usage=usage))])

    [told] = explain("r1", journal=journal, books=Waiting())

    assert (told.decision, told.code) == ("ALLOW", "WITHIN_BUDGETS")
    assert told.message == "fits in search-daily"
    assert told.state is ReservationState.SETTLED
    assert (told.reserved_picodollars, told.cost_picodollars) == (100, 40)
    assert told.usage == usage
    assert [(s.what, s.detail) for s in told.steps] == [
        ("reserve", "for amazon.nova-lite-v1:0, until 2026-11-21T12:07:00+00:00"),
        ("settle", "usage reported"),
    ]
    [charge] = told.charges
    assert (charge.hold, charge.posted, charge.overrun) == (hold(100), 40, 0)


def test_a_pending_call_is_found_before_its_entries_are_projected(journal):
    [told] = explain("r1", journal=journal, books=Waiting(reservation("r0"), reservation("r1")))

    assert told.state is ReservationState.PENDING
    assert told.cost_picodollars is None
    assert [c.posted for c in told.charges] == [None]
    assert [s.what for s in told.steps] == ["reserve"]


def test_a_call_that_was_resolved_while_it_was_explained_is_resolved(journal):
    journal.write(Account().call("r1", 40))

    [told] = explain("r1", journal=journal, books=Waiting(reservation("r1")))

    assert told.state is ReservationState.SETTLED


def test_a_voided_call_posted_nothing_and_says_why(journal):
    account = Account()
    held = account.reserve("r1")
    how = resolution(0, ReservationState.VOIDED, reason="ThrottlingException")
    journal.write([held, account.resolve(held, how)])

    [told] = explain("r1", journal=journal, books=Waiting())

    assert [c.posted for c in told.charges] == [0]
    assert (told.steps[-1].what, told.steps[-1].detail) == ("void", "ThrottlingException")


def test_an_expired_call_says_that_its_cost_is_an_estimate(journal):
    account = Account()
    held = account.reserve("r1")
    how = resolution(100, ReservationState.EXPIRED, estimated=True, reason="nobody resolved it")
    journal.write([held, account.resolve(held, how)])

    [told] = explain("r1", journal=journal, books=Waiting())

    assert told.cost_estimated
    assert told.steps[-1].detail == "nobody resolved it"


def test_a_reroute_says_which_rungs_were_tried(journal):
    held = reservation("r1", decision="REROUTE", model_asked="amazon.nova-pro-v1:0")
    journal.write([Account().reserve("r1", decision="REROUTE", model_asked=held.model_asked)])
    rerouted = refusal(
        "it did not fit",
        kind=DecisionKind.REROUTE,
        code=ReasonCode.REROUTED_TO_FIT,
        reservation=held,
    )
    journal.record(rerouted, NOON)

    [told] = explain("r1", journal=journal, books=Waiting())

    assert (told.decision, told.message) == ("REROUTE", "it did not fit")
    assert [rung.outcome for rung in told.rungs] == ["refused by b"]
    assert (told.model_asked, told.model_used) == (
        "amazon.nova-pro-v1:0",
        "amazon.nova-lite-v1:0",
    )


def test_a_call_whose_output_limit_was_lowered_says_so(journal):
    held = reservation("r1")
    journal.write([Account().reserve("r1")])
    lowered = refusal(
        "maxTokens is 80 instead of 100",
        kind=DecisionKind.ALLOW,
        code=ReasonCode.OUTPUT_LIMIT_LOWERED,
        reservation=held,
    )
    journal.record(lowered, NOON)

    [told] = explain("r1", journal=journal, books=Waiting())

    assert (told.decision, told.code) == ("ALLOW", "OUTPUT_LIMIT_LOWERED")
    assert told.message == "maxTokens is 80 instead of 100"


def test_a_reroute_whose_note_was_lost_is_still_explained(journal):
    journal.write([Account().reserve("r1", decision="REROUTE", model_asked="big")])

    [told] = explain("r1", journal=journal, books=Waiting())

    assert told.code == "REROUTED_TO_FIT"
    assert told.message == "big did not fit; amazon.nova-lite-v1:0 fits in search-daily"


def test_refusals_and_the_call_that_followed_are_told_in_order(journal):
    journal.record(refusal("second"), NOON - timedelta(minutes=1))
    journal.record(refusal("first"), NOON - timedelta(minutes=2))
    journal.write(Account().call("r1", 40))

    told = explain("r1", journal=journal, books=Waiting())

    assert [t.message for t in told] == ["first", "second", "fits in search-daily"]
    assert [t.state for t in told] == [None, None, ReservationState.SETTLED]
    assert told[0].reserved_picodollars is None


def test_two_applications_with_the_same_id_are_two_stories(journal):
    web, app = Account("search/web").call("r1", 40), Account("search/app").call("r1", 7)
    journal.write([*web, *app])

    told = explain("r1", journal=journal, books=Waiting())

    assert {(t.account, t.cost_picodollars) for t in told} == {
        ("search/web", 40),
        ("search/app", 7),
    }


def test_an_answer_to_a_reused_id_does_not_hide_the_first_call(journal):
    journal.write(Account().call("r1", 40))
    journal.record(
        replace(refusal("used before"), code=ReasonCode.REQUEST_ID_REUSED),
        NOON + timedelta(hours=1),
    )

    first, second = explain("r1", journal=journal, books=Waiting())

    assert first.cost_picodollars == 40
    assert second.code == "REQUEST_ID_REUSED"


@pytest.mark.parametrize(("calls", "words"), [(1, "1 call past"), (4, "4 calls past")])
def test_usage_that_passed_no_gate_is_told_as_such(journal, calls, words):
    account = Account(f"{EXTERNAL_ACCOUNTS}amazon.nova-lite-v1:0")
    held = account.reserve("x1", decision="EXTERNAL", calls=calls)
    ended = external_use(held.reservation, NOON, state=ReservationState.SETTLED)
    journal.write([held, account.resolve(held, ended)])

    [told] = explain("x1", journal=journal, books=Waiting())

    assert (told.decision, told.code) == ("EXTERNAL", "EXTERNAL_USAGE")
    assert words in told.message
    assert told.steps[-1].detail == "metered outside the sentry"
