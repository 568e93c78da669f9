"""Requests for more, run as deployed: each function may do what it does, and none of them more."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.adapters import aws_clients
from cost_sentry.application.approval_record import request_to_document
from cost_sentry.bootstrap import approvals
from cost_sentry.domain.approval_deed import content_digest
from cost_sentry.domain.approval_rules import ApprovalRules
from cost_sentry_client.config_file.load import load_config
from tests.fakes.approval_functions import HANDLERS, FakeStepFunctions
from tests.fakes.approval_world import ANNA, ASKER, FIRST
from tests.infra.recorded_house import ROOT, SONNET, answering
from tests.infra.test_permissions_suffice import denied

FUNCTIONS = ("<Functions/AskForMore/Role>", "<Functions/AnswerRequest/Role>")
FOLLOWER, WAITER = "<Functions/FollowRequest/Role>", "<Functions/AwaitAnswer/Role>"
WORKFLOW = "-budget-approval"


class Proven:
    def __init__(self):
        self.by = ASKER

    def principal(self, _proof, _deed):
        return self.by


@pytest.fixture
def office(house, monkeypatch):
    monkeypatch.setattr(aws_clients, "step_functions_client", FakeStepFunctions)
    caller = Proven()
    monkeypatch.setattr(approvals, "identity", lambda: caller)
    rules = ApprovalRules(approvers=(ANNA,), mail=("owners@example.com",))
    example = load_config(ROOT / "examples" / "sentry.yaml").config
    house.put_in_force(replace(example, approvals=rules))
    return Office(house, caller)


class Office:
    def __init__(self, house, caller):
        self.house, self.caller = house, caller

    def call(self, function, event):
        return self.house.task(function, HANDLERS[function])(event)

    def ask(self):
        until = approvals.clock().now() + timedelta(days=1)
        body = {"id": FIRST, "reason": "x", "budget": "search-daily", "amount": "0.40"}
        return self.call(
            "ask_for_more", {"body": {**body, "until": until.isoformat()}, "proof": {}}
        )

    def answer(self, verb, by):
        self.caller.by = by
        shown = content_digest(request_to_document(approvals.approvals().read(FIRST).request))
        event = {"verb": verb, "body": {"id": FIRST, "content": shown}, "proof": {}}
        return self.call("answer_request", event)

    def follow(self):
        return self.call("follow_request", {"approvalId": FIRST})

    def wait(self, revision):
        event = {"approvalId": FIRST, "revision": revision, "taskToken": "t"}
        return self.call("await_answer", event)


@pytest.mark.slow
def test_no_function_of_approvals_asks_for_what_its_role_does_not_allow(office, dev):
    office.house.call(SONNET, 500, "search", answering(400), application="web")
    asked = office.ask()
    waited = office.wait(office.follow()["revision"])
    approved = office.answer("approve", ANNA)
    raised = office.follow()
    office.house.call(SONNET, 2_000, "search", answering(1_900), application="batch")
    ended = office.answer("end", ASKER)
    last = office.follow()

    assert [one["code"] for one in (asked, approved, ended)] == ["DONE"] * 3
    assert (waited, raised["isOpen"], last["isOpen"]) == ({"waiting": True}, True, False)
    functions = {function for function, _, _ in office.house.recorder.calls}
    assert functions >= HANDLERS.keys()
    assert denied(office.house, dev) == set()


def test_only_the_follower_changes_limits_and_whoever_decides_does_not(template):
    may = {
        (p.role, p.action)
        for p in template.permissions()
        if p.role in (*FUNCTIONS, WAITER) and p.action.startswith("dynamodb:")
        for key in p.keys
        if key not in ("APPROVALS", "APPROVAL#*") and p.action != "dynamodb:GetItem"
    }

    assert may == {("<Functions/AnswerRequest/Role>", "dynamodb:ConditionCheckItem")}


def test_changes_on_record_are_put_and_never_changed_or_deleted(template):
    actions = {
        p.action for p in template.permissions() if any("APPROVAL#" in key for key in p.keys)
    }

    assert actions == {"dynamodb:PutItem"}


def test_who_may_start_and_wake_the_workflow_is_said_and_no_other_workflow_is_meant(template):
    may = {
        (p.role, p.action, p.resource.endswith(WORKFLOW) or WORKFLOW in p.resource)
        for p in template.permissions()
        if p.action in ("states:StartExecution", "states:SendTaskSuccess")
        and "pproval" in p.resource
    }

    assert may == {
        ("<Functions/AskForMore/Role>", "states:StartExecution", True),
        ("<Functions/AnswerRequest/Role>", "states:StartExecution", True),
        ("<Functions/AnswerRequest/Role>", "states:SendTaskSuccess", True),
        (WAITER, "states:SendTaskSuccess", True),
    }


def test_the_workflow_waits_for_days_and_runs_its_two_functions_and_nothing_else(template):
    (machine,) = (
        one["Properties"]
        for one in template.of_type("AWS::StepFunctions::StateMachine").values()
        if WORKFLOW in str(one["Properties"].get("StateMachineName"))
    )
    may = {
        (p.action, p.resource)
        for p in template.permissions()
        if p.role == "<Workflows/BudgetApproval/Role>" and p.action.startswith("lambda:")
    }

    assert machine["StateMachineType"] == "STANDARD"
    assert may == {
        ("lambda:InvokeFunction", "<Functions/FollowRequest/Function>"),
        ("lambda:InvokeFunction", "<Functions/AwaitAnswer/Function>"),
    }
