"""What an answer to a request is bound to, and what it changes."""

from datetime import timedelta

import pytest

from cost_sentry.application.answer_request import Verb
from cost_sentry.application.approval_answers import ApprovalCode as Code
from cost_sentry.application.await_answer import await_answer
from cost_sentry.domain.approval import ApprovalState
from cost_sentry.domain.approval_rules import ApprovalRules
from cost_sentry.domain.errors import LedgerContention, WorkflowUnavailable
from cost_sentry.domain.measure import APPROVED_MAX, MeasureKind
from tests.fakes.approval_world import (
    AMOUNT,
    ANNA,
    ASKER,
    BEN,
    FIRST,
    LIMIT,
    OWNER_WHO_ASKS,
    RULES,
    SECOND,
    ApprovalWorld,
    config,
)
from tests.fakes.builders import NOON, measure


@pytest.fixture
def world():
    made = ApprovalWorld()
    made.ask()
    return made


def test_what_was_not_shown_is_not_answered(world):
    answer = world.answer(Verb.APPROVE, content="of another request")

    assert answer.code is Code.NOT_SHOWN
    assert world.approval().state is ApprovalState.ASKED


def test_there_must_be_a_request(world):
    assert world.answer(Verb.DENY, approval_id=SECOND).code is Code.UNKNOWN_REQUEST


@pytest.mark.parametrize("allowed", [False, True])
def test_nobody_approves_their_own_unless_the_rules_say_so(allowed):
    rules = ApprovalRules(approvers=RULES.approvers, mail=RULES.mail, self_approval=allowed)
    world = ApprovalWorld(config(rules=rules))
    world.ask(by=OWNER_WHO_ASKS)

    answer = world.answer(Verb.APPROVE, OWNER_WHO_ASKS)

    assert answer.code is (Code.DONE if allowed else Code.OWN_REQUEST)


def test_who_asked_may_deny_it_all_the_same(world):
    assert world.answer(Verb.DENY, OWNER_WHO_ASKS).is_done


@pytest.mark.parametrize(
    ("verb", "by", "code"),
    [
        (Verb.WITHDRAW, ANNA, Code.NOT_ALLOWED),
        (Verb.APPROVE, ASKER, Code.NOT_ALLOWED),
        (Verb.DENY, ASKER, Code.NOT_ALLOWED),
        (Verb.WITHDRAW, ASKER, Code.DONE),
    ],
)
def test_each_verb_has_its_callers(world, verb, by, code):
    assert world.answer(verb, by).code is code


def test_who_asked_may_end_what_was_approved(world):
    world.answer(Verb.APPROVE)

    assert world.answer(Verb.END, ASKER).is_done
    assert world.approval().answered_by == ANNA


def test_an_approver_who_is_none_any_more_ends_nothing(world):
    world.answer(Verb.APPROVE)
    world.apply(config(rules=ApprovalRules(approvers=(BEN,), mail=RULES.mail)))

    assert world.answer(Verb.END, ANNA).code is Code.NOT_ALLOWED
    assert world.answer(Verb.END, BEN).is_done


def test_a_request_whose_rules_changed_is_void(world):
    world.apply(config(rules=ApprovalRules(approvers=(ANNA,), mail=RULES.mail)))

    answer = world.answer(Verb.APPROVE)

    assert answer.code is Code.VOID
    assert "version of the approval rules was" in answer.message


def test_a_raise_without_room_beside_another_is_refused_until_that_ends(world):
    world.answer(Verb.APPROVE)
    world.follow()
    world.ask(SECOND)

    refused = world.answer(Verb.APPROVE, approval_id=SECOND)
    world.answer(Verb.END)
    world.follow()

    assert refused.code is Code.NO_ROOM
    assert "raised by 0.0000000007 usd already, and may be by 0.000000001 in all" in refused.message
    assert world.answer(Verb.APPROVE, approval_id=SECOND).is_done


def test_of_two_that_were_approved_at_once_the_later_one_gives_way(world):
    world.ask(SECOND)
    for id_ in (FIRST, SECOND):
        assert world.answer(Verb.APPROVE, approval_id=id_).is_done

    world.follow(SECOND)
    world.follow(FIRST)

    assert world.approval(SECOND).state is ApprovalState.APPROVED
    assert world.approval(FIRST).state is ApprovalState.ENDED
    assert "0.0000000014 usd" in world.approval(FIRST).why
    assert world.limit == LIMIT + AMOUNT


def test_what_was_decided_does_not_wait_for_the_workflow(world):
    world.wait(0, "token")

    def deaf(call, _done):
        if call.startswith("workflow."):
            raise WorkflowUnavailable("it did not answer")

    world.trouble = deaf
    with pytest.raises(WorkflowUnavailable):
        world.answer(Verb.APPROVE)
    world.trouble = lambda _call, _done: None

    assert world.approval().state is ApprovalState.APPROVED
    assert world.answer(Verb.APPROVE).is_done
    assert world.memory_workflow.woken == ["token"]


def test_the_workflow_that_waits_is_woken_by_an_answer_and_no_other(world):
    world.wait(0, "first")
    world.wait(1, "second")

    world.answer(Verb.DENY)

    assert world.memory_workflow.woken == ["second"]


def test_who_waits_for_a_change_that_was_is_woken_at_once(world):
    world.answer(Verb.DENY)
    store, workflow = world.memory_store, world.memory_workflow

    assert not await_answer(FIRST, 0, "late", store=store, workflow=workflow)
    assert not await_answer(SECOND, 0, "nobody's", store=store, workflow=workflow)
    assert workflow.woken == ["late", "nobody's"]


def test_whoever_meets_others_forever_gives_up_and_changes_nothing(world):
    world.memory_store.replace = lambda *_: False

    with pytest.raises(LedgerContention):
        world.answer(Verb.APPROVE)
    assert world.approval().state is ApprovalState.ASKED


def test_one_approval_more_than_has_room_is_refused_in_the_callers_words_and_may_be_approved_later(
    world,
):
    for number in range(APPROVED_MAX):
        until = NOON + timedelta(minutes=30)
        world.memory_measures.put(
            measure(f"g{number}", kind=MeasureKind.GRANT, price_class="high", until=until)
        )
    world.ask(SECOND, budget_id=None, amount=None, scope=(("team", "search"),), price_class="high")

    refused = [world.answer(Verb.APPROVE, approval_id=id_) for id_ in (FIRST, SECOND)]
    world.clock.advance(minutes=36)

    assert [one.code for one in refused] == [Code.NO_ROOM, Code.NO_ROOM]
    assert "25 approvals are in force" in refused[0].message
    assert "the first at 2026-11-21T12:30" in refused[0].message
    assert world.answer(Verb.APPROVE).is_done
