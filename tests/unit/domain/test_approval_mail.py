"""Mails about requests for more: the first lines say what, whose, done, and the command."""

import re
from dataclasses import replace

import pytest

from cost_sentry.domain.approval import ApprovalState, Grant
from cost_sentry.domain.approval_mail import write_approval_notice
from cost_sentry.domain.sentry_config import Team
from tests.contract.test_approvals_contract import RAISE as BIG
from tests.contract.test_approvals_contract import approval
from tests.fakes.approval_world import FIRST, RULES, config
from tests.fakes.builders import NOON, budget

GRANT = Grant(scope={"team": "search"}, price_class="premium")
RAISE = replace(BIG, amount=25 * 10**12)
TEAMS = {"search": Team(id="search", owners=("lead@example.com",))}
IN_FORCE = config(
    budgets=(budget(owners=("owner@example.com",)),), teams=TEAMS, alert_addresses=("ops@x.org",)
)


def mail(state, more=RAISE):
    one = approval(more=more)
    if state is ApprovalState.ENDED:
        one = one.moved(ApprovalState.APPROVED, by="anna", at=NOON)
    if state is not ApprovalState.ASKED:
        one = one.moved(state, by="anna", at=NOON, why="she said so")
    return write_approval_notice(one, IN_FORCE)


@pytest.mark.parametrize("more", [RAISE, GRANT])
@pytest.mark.parametrize("state", ApprovalState)
def test_the_first_five_lines_say_what_whose_done_and_undo(state, more):
    lines = mail(state, more).body.splitlines()[:5]

    assert [line.split(":")[0] for line in lines[:4]] == ["What", "Whose", "Done", "Undo"]
    assert ("search-daily" if more is RAISE else "premium") in lines[0]
    assert all(len(line) <= 80 and "..." not in line for line in lines[1:4])


@pytest.mark.parametrize("state", ApprovalState)
def test_no_mail_holds_a_link(state):
    assert not re.search(r"https?:|www\.", mail(state).body)


@pytest.mark.parametrize("state", [ApprovalState.ASKED, ApprovalState.DENIED])
def test_nothing_that_anybody_wrote_into_it_can_be_followed(state):
    bait = "see evil.example.com/approve?id=1, or write to boss@evil.example.com"
    one = approval(more=RAISE)
    one = replace(one, request=replace(one.request, reason=bait))
    if state is ApprovalState.DENIED:
        one = one.moved(state, by="anna", at=NOON, why=bait)

    body = write_approval_notice(one, IN_FORCE).body

    assert "evil" in body
    assert not re.search(r"evil\.\w|@evil|\.com", body)


def test_the_approvers_are_asked_with_the_command_that_answers():
    asked = mail(ApprovalState.ASKED)

    assert asked.recipients == RULES.mail
    assert f"Undo:     cost-sentry approval approve {FIRST}\n" in asked.body
    assert f"Or:       cost-sentry approval deny {FIRST}\n" in asked.body
    assert "waits for an answer until 2026-11-21 13:00Z" in asked.body


@pytest.mark.parametrize("more", [RAISE, GRANT])
def test_what_became_of_it_is_told_to_the_approvers_and_the_owners(more):
    recipients = mail(ApprovalState.APPROVED, more).recipients

    owner = {"owner@example.com"} if more is RAISE else set()
    assert set(recipients) == {*RULES.mail, "lead@example.com", "ops@x.org", *owner}
    assert len(recipients) == len(set(recipients))


def test_each_state_of_a_request_has_one_mail():
    keys = {mail(state).key for state in ApprovalState}

    assert len(keys) == len(ApprovalState)
    assert mail(ApprovalState.VOID).key == mail(ApprovalState.VOID).key


def test_who_decided_and_why_stand_in_it():
    assert "anna" in mail(ApprovalState.DENIED).body
    assert "she said so" in mail(ApprovalState.DENIED).body


def test_of_a_budget_that_is_gone_the_operators_are_told():
    gone = write_approval_notice(approval(), config(budgets=(budget("other"),)))

    assert gone.recipients == RULES.mail
    assert "for nobody now" in gone.body
