from dataclasses import replace

import pytest

from cost_sentry.application.note_decision import note_decision
from cost_sentry.domain.decision import Decision, DecisionKind, ReasonCode
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.policy import PolicyNote
from tests.fakes.admissions import request
from tests.fakes.builders import NOON, ManualClock, budget
from tests.fakes.memory_journal import MemoryJournal
from tests.fakes.routings import routed, sentry


def decision(kind, **changes):
    return Decision(
        kind=kind,
        code=ReasonCode.BUDGET_EXHAUSTED,
        message="why",
        request_id="r1",
        model_asked="m",
        **changes,
    )


@pytest.mark.parametrize("kind", [DecisionKind.REJECT, DecisionKind.REROUTE])
def test_a_refusal_and_a_reroute_are_noted_with_their_time(kind):
    log = MemoryJournal()

    assert note_decision(decision(kind), None, log=lambda: log, clock=ManualClock()) is None

    [noted] = log.decisions("r1")
    assert (noted.decision.kind, noted.at) == (kind, NOON)


def test_what_was_asked_is_noted_without_its_text():
    log, asked = MemoryJournal(), request("r1")

    note_decision(decision(DecisionKind.REJECT), asked, log=lambda: log, clock=ManualClock())

    [noted] = log.decisions("r1")
    assert noted.request == asked.without_text()
    assert noted.request.converse == {} != asked.converse


def test_a_call_whose_output_limit_was_lowered_is_noted():
    log = MemoryJournal()
    lowered = replace(decision(DecisionKind.ALLOW), code=ReasonCode.OUTPUT_LIMIT_LOWERED)

    assert note_decision(lowered, None, log=lambda: log, clock=ManualClock()) is None

    assert [n.decision.code for n in log.decisions("r1")] == [ReasonCode.OUTPUT_LIMIT_LOWERED]


def test_an_allowed_call_and_a_replay_leave_no_note():
    log = MemoryJournal()

    note_decision(decision(DecisionKind.ALLOW), None, log=lambda: log, clock=ManualClock())
    note_decision(
        decision(DecisionKind.REROUTE, replayed=True), None, log=lambda: log, clock=ManualClock()
    )

    assert list(log.decisions("r1")) == []


def test_a_call_that_a_policy_in_shadow_mode_would_have_struck_is_noted_with_it():
    log = MemoryJournal()
    shadow = (PolicyNote(policy_id="p", sentence="Why.", model_id="m"),)
    allowed = replace(decision(DecisionKind.ALLOW), code=ReasonCode.WITHIN_BUDGETS, shadow=shadow)

    assert note_decision(allowed, None, log=lambda: log, clock=ManualClock()) is None

    assert [n.decision.shadow for n in log.decisions("r1")] == [shadow]


def test_that_nobody_knows_whether_a_shadow_would_refuse_is_noted_only_beside_what_is_known():
    known = PolicyNote(policy_id="p", sentence="Why.", model_id="m")
    unknown = replace(known, policy_id="b", is_known=False)
    for shadow, noted in (((unknown,), []), ((known, unknown), [(known, unknown)])):
        log = MemoryJournal()
        told = replace(decision(DecisionKind.ALLOW), code=ReasonCode.WITHIN_BUDGETS, shadow=shadow)

        assert note_decision(told, None, log=lambda log=log: log, clock=ManualClock()) is None

        assert [n.decision.shadow for n in log.decisions("r1")] == noted


def test_a_call_whose_model_was_chosen_is_noted_with_how():
    log, routed_call = MemoryJournal(), sentry(budget(limit=10**6)).decide(routed())

    assert note_decision(routed_call, routed(), log=lambda: log, clock=ManualClock()) is None

    [noted] = log.decisions("r1")
    assert noted.decision.code is ReasonCode.ROUTED
    assert noted.decision.route == routed_call.route


def test_a_log_that_does_not_answer_changes_no_answer():
    class Silent:
        def record(self, _decision, _at, _request):
            raise LedgerUnavailable("the table did not answer")

    problem = note_decision(decision(DecisionKind.REJECT), None, log=Silent, clock=ManualClock())

    assert problem == "the table did not answer"
