"""`cost-sentry approval`: asking and answering at the command line, with the real functions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore.credentials import Credentials

from cost_sentry import bootstrap
from cost_sentry.adapters import aws_clients, sts_endpoint
from cost_sentry.bootstrap import approvals
from cost_sentry.domain.approval import APPROVAL_ID
from cost_sentry.domain.approval_rules import ApprovalRules
from cost_sentry_client import function_calls, operations
from cost_sentry_client.approval_calls import new_approval_id
from tests.fakes.approval_functions import CONTEXT, HANDLERS, FakeStepFunctions, InProcessLambda
from tests.fakes.approval_world import ANNA, ASKER
from tests.fakes.verifying_sts import VerifyingSts
from tests.unit.client.conftest import configuration, cost_sentry
from tests.unit.handlers.test_project_entries_handler import ENVIRONMENT

ASKED = ("approval", "ask", "--budget", "search-daily", "--amount", "2.50", "--until", "2d")
ASKED = (*ASKED, "--reason", "release week")
RULES = ApprovalRules(approvers=(ANNA,), mail=("owners@example.com",))


@pytest.fixture
def office(desk, monkeypatch):
    """The deployment with its functions; ``who`` says who sits at the command line."""
    outputs = dict(desk.operator.deployment.outputs)
    for name, value in {**ENVIRONMENT, "SENTRY_ALERT_TOPIC_ARN": outputs["AlertTopicArn"]}.items():
        monkeypatch.setenv(name, value)
    sts = VerifyingSts("https://sts.us-east-1.amazonaws.com", "us-east-1")
    sts.knows(Credentials("AKIAANNA0000", "anna's"), ANNA)
    sts.knows(Credentials("AKIACARL0000", "carl's"), ASKER)
    monkeypatch.setattr(sts_endpoint, "send_once", sts)
    monkeypatch.setattr(aws_clients, "step_functions_client", FakeStepFunctions)
    monkeypatch.setattr(function_calls, "lambda_client", lambda _operator: InProcessLambda())
    named = {
        f"{''.join(w.capitalize() for w in name.split('_'))}FunctionName": name for name in HANDLERS
    }
    deployment = replace(desk.operator.deployment, outputs={**outputs, **named})
    monkeypatch.setattr(operations, "find_deployment", lambda *_: deployment)
    forget_what_was_built()
    desk.apply(configuration(approvals=RULES))
    yield Who(monkeypatch)
    forget_what_was_built()


class Who:
    def __init__(self, monkeypatch):
        self._monkeypatch = monkeypatch

    def sits(self, key, secret):
        self._monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
        self._monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)

    def anna(self, *arguments):
        self.sits("AKIAANNA0000", "anna's")
        return cost_sentry(*arguments, columns=200)

    def carl(self, *arguments):
        self.sits("AKIACARL0000", "carl's")
        return cost_sentry(*arguments, columns=200)

    def asked(self):
        return self.carl(*ASKED, "--json").json["id"]


def forget_what_was_built():
    for module in (bootstrap, approvals):
        for part in vars(module).values():
            if hasattr(part, "cache_clear"):
                part.cache_clear()


def follow(approval_id):
    HANDLERS["follow_request"]({"approvalId": approval_id}, CONTEXT)


def limit(office):
    return office.carl("budget", "show", "search-daily", "--json").json["limit"]


def test_what_was_asked_and_approved_is_in_force_and_no_drift(office):
    id_ = office.asked()
    approved = office.anna("approval", "approve", id_, "--why", "go on")
    follow(id_)
    listed = office.carl("approval", "list", "--json").json
    raised = limit(office)
    ended = office.carl("approval", "end", id_)
    follow(id_)

    assert approved.code == 0
    assert "in force" in approved.stdout
    assert [one["inForce"] for one in listed] == [True]
    assert raised == "15.00"
    assert (ended.code, limit(office)) == (0, "12.50")
    assert office.carl("approval", "list", "--json").json == []


def test_applying_a_file_while_a_raise_is_in_force_is_no_drift(office, desk):
    id_ = office.asked()
    office.anna("approval", "approve", id_)
    follow(id_)

    applied = desk.operator.apply(configuration(approvals=RULES))

    assert applied.changes == ()
    assert limit(office) == "15.00"


def test_the_record_says_who_did_what_when_and_why(office):
    id_ = office.asked()
    office.anna("approval", "deny", id_, "--why", "use Haiku")

    shown = office.carl("approval", "show", id_, "--json").json
    text = office.carl("approval", "show", id_).stdout

    assert [(one["state"], one["changedBy"]) for one in shown["history"]] == [
        ("asked", ASKER),
        ("denied", ANNA),
    ]
    assert "use Haiku" in text
    assert "limit of budget search-daily" in text


def test_an_answer_that_does_not_count_is_a_no_with_its_reason(office):
    id_ = office.asked()

    own = office.carl("approval", "approve", id_, "--json")
    office.anna("approval", "deny", id_)
    late = office.anna("approval", "approve", id_)

    assert (own.code, own.json["error"]["code"]) == (1, "NOT_ALLOWED")
    assert late.code == 1
    assert f"cost-sentry approval show {id_}" in own.json["error"]["fix"]
    assert "nothing was asked" not in own.json["error"]["fix"]
    assert "is denied since" in late.stderr
    assert f"cost-sentry approval show {id_}" in late.stderr


def test_who_asks_in_vain_is_told_what_helps_and_no_request_is_named(office):
    refused = office.carl(
        "approval", "ask", "--budget", "nobody-has-it", "--amount", "5", "--until", "2d",
        "--reason", "launch",
    )  # fmt: skip

    assert refused.code == 1
    assert "nothing was asked" in refused.stderr
    assert "approval show" not in refused.stderr


def test_where_nobody_asked_for_anything_the_list_says_so(office):
    assert "no request waits" in office.carl("approval", "list").stdout


def test_a_grant_names_its_team_and_tags(office):
    asked = office.carl(
        "approval", "ask", "--price-class", "premium", "--team", "search",
        "--tag", "application=web", "--until", "12h", "--reason", "evaluation", "--json",
    )  # fmt: skip

    assert asked.json["more"] == {
        "scope": {"team": "search", "application": "web"},
        "priceClass": "premium",
    }


def test_who_withdraws_takes_it_from_the_list(office):
    id_ = office.asked()

    assert office.carl("approval", "withdraw", id_).code == 0
    assert office.carl("approval", "list", "--json").json == []
    assert [one["state"] for one in office.carl("approval", "list", "--all", "--json").json] == [
        "withdrawn"
    ]


def test_a_request_whose_answer_was_lost_is_asked_again_with_its_id(office):
    until = (datetime.now(tz=UTC) + timedelta(days=1)).isoformat(timespec="seconds")
    id_ = new_approval_id(datetime.now(tz=UTC))
    again = [
        office.carl(*ASKED[:6], "--until", until, "--reason", "x", "--id", id_, "--json")
        for _ in range(2)
    ]

    assert [one.code for one in again] == [0, 0]
    assert again[0].json == again[1].json


def test_with_the_wrong_credentials_nothing_is_done_and_it_says_what_to_look_at(office):
    id_ = office.asked()
    office.sits("AKIAANNA0000", "somebody else's")

    ended = cost_sentry("approval", "approve", id_)

    assert ended.code == 3
    assert "CallerUnproven" in ended.stderr
    assert "aws sts get-caller-identity" in ended.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("ask", "--until", "2d", "--reason", "x"),
        ("ask", "--until", "2d", "--reason", "x", "--budget", "b"),
        ("ask", "--until", "soon", "--reason", "x", "--budget", "b", "--amount", "1"),
        ("ask", "--until", "2d", "--reason", "x", "--price-class", "high", "--tag", "team"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(office, arguments):
    assert office.carl("approval", *arguments).code == 2


def test_what_nobody_asked_for_cannot_be_answered(office):
    ended = office.anna("approval", "deny", "ap-0")

    assert ended.code == 1
    assert "there is no request 'ap-0'" in ended.stderr


def test_a_new_id_is_one_and_sorts_by_time():
    now = datetime.now(tz=UTC)
    older, newer = new_approval_id(now), new_approval_id(now + timedelta(seconds=1))

    assert APPROVAL_ID.fullmatch(older)
    assert older < newer
