"""A request for more, on the deployed sentry: asked, approved by another, in force, ended."""

import json
import time
from datetime import timedelta

import boto3
import pytest

from cost_sentry.application.answer_request import Verb
from cost_sentry.domain.approval import ApprovalState
from cost_sentry.domain.approval_rules import ApprovalRules
from cost_sentry_client import approval_calls
from cost_sentry_client.approval_calls import new_approval_id
from cost_sentry_client.operations import Operator
from cost_sentry_client.problems import Problem
from cost_sentry_client.target import Target
from cost_sentry_client.target_options import TargetName
from tests.e2e.cloud_kit import unique
from tests.e2e.sentry_kit import DeployedSentry, usd

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("cloud")]
LIMIT, MORE = 10**13, 25 * 10**11
PATIENCE_SECONDS = 90


class Person:
    """Somebody in a session of a role, at a command line."""

    def __init__(self, cloud, role, name):
        keys = {"AssumeRolePolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": []})}
        arn = cloud.client("iam").create_role(RoleName=role, **keys)["Role"]["Arn"]
        session = {"RoleArn": arn, "RoleSessionName": name}
        found = cloud.client("sts").assume_role(**session)["Credentials"]
        self.boto3 = boto3.Session(
            found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"], "us-east-1"
        )
        self.arn = f"arn:aws:sts::{arn.split(':')[4]}:assumed-role/{role}/{name}"
        place = f"local cloud at {cloud.endpoint}"
        self.operator = Operator(
            Target(
                name=TargetName.LOCAL,
                stage="dev",
                place=place,
                session=self.boto3,
                endpoint_url=cloud.endpoint,
            )
        )


def in_time(look):
    """What it sees at last, once that is true."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not look():
        assert time.monotonic() < until, "it did not come in time"
        time.sleep(0.5)
    return look()


def test_a_raise_is_asked_for_approved_in_force_and_ended(local_cloud, deployed):
    sentry = DeployedSentry(local_cloud, deployed)
    carl = Person(local_cloud, unique("developers"), "carl")
    anna = Person(local_cloud, unique("owners"), "anna")
    daily = usd(unique("raised"), LIMIT)
    rules = ApprovalRules(approvers=(anna.arn,), mail=("owner@example.com",))
    sentry.configure(daily, approvals=rules)
    now = carl.operator.clock.now()
    id_ = new_approval_id(now)
    until = (now + timedelta(hours=1)).isoformat()
    body = {"id": id_, "reason": "e2e", "budget": daily.id, "amount": "2.50", "until": until}

    approval_calls.ask(carl.operator, body)
    in_time(lambda: carl.operator.approvals.read(id_).token)
    with pytest.raises(Problem, match="not among the approvers"):
        approval_calls.answer(carl.operator, Verb.APPROVE, id_, "")
    approval_calls.answer(anna.operator, Verb.APPROVE, id_, "go on")
    in_time(lambda: sentry.books.limits()[daily.id] == LIMIT + MORE)
    in_time(lambda: carl.operator.approvals.read(id_).revision > 2)
    approval_calls.answer(carl.operator, Verb.END, id_, "")
    in_time(lambda: sentry.books.limits()[daily.id] == LIMIT)

    assert carl.operator.approvals.read(id_).state is ApprovalState.ENDED
    by = [change["changedBy"] for change in carl.operator.approvals.history(id_)]
    assert by == [carl.arn, anna.arn, carl.arn]
