"""A request for more, on the deployed sentry: asked, approved by another, in force, ended."""

import time
from datetime import timedelta

import pytest

from cost_sentry.application.answer_request import Verb
from cost_sentry.domain.approval import ApprovalState
from cost_sentry.domain.approval_rules import ApprovalRules
from cost_sentry_client import approval_calls
from cost_sentry_client.approval_calls import new_approval_id
from cost_sentry_client.problems import Problem
from cost_sentry_local.people import make_role, person, principal
from tests.e2e.cloud_kit import unique
from tests.e2e.sentry_kit import DeployedSentry, usd

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("cloud")]
LIMIT, MORE = 10**13, 25 * 10**11
PATIENCE_SECONDS = 90


def in_time(look):
    """What it sees at last, once that is true."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not look():
        assert time.monotonic() < until, "it did not come in time"
        time.sleep(0.5)
    return look()


def test_a_raise_is_asked_for_approved_in_force_and_ended(local_cloud, deployed):
    sentry = DeployedSentry(local_cloud, deployed)
    developers, owners = unique("developers"), unique("owners")
    make_role(local_cloud, developers)
    make_role(local_cloud, owners)
    carl, anna = person(local_cloud, developers, "carl"), person(local_cloud, owners, "anna")
    by_carl, by_anna = principal(developers, "carl"), principal(owners, "anna")
    daily = usd(unique("raised"), LIMIT)
    rules = ApprovalRules(approvers=(by_anna,), mail=("owner@example.com",))
    sentry.configure(daily, approvals=rules)
    now = carl.clock.now()
    id_ = new_approval_id(now)
    until = (now + timedelta(hours=1)).isoformat()
    body = {"id": id_, "reason": "e2e", "budget": daily.id, "amount": "2.50", "until": until}

    approval_calls.ask(carl, body)
    in_time(lambda: carl.approvals.read(id_).token)
    with pytest.raises(Problem, match="not among the approvers"):
        approval_calls.answer(carl, Verb.APPROVE, id_, "")
    approval_calls.answer(anna, Verb.APPROVE, id_, "go on")
    in_time(lambda: sentry.books.limits()[daily.id] == LIMIT + MORE)
    in_time(lambda: carl.approvals.read(id_).revision > 2)
    approval_calls.answer(carl, Verb.END, id_, "")
    in_time(lambda: sentry.books.limits()[daily.id] == LIMIT)

    assert carl.approvals.read(id_).state is ApprovalState.ENDED
    by = [change["changedBy"] for change in carl.approvals.history(id_)]
    assert by == [by_carl, by_anna, by_carl]
