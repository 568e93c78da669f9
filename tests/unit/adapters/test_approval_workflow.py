"""One execution follows a request, whatever became of earlier ones."""

import pytest
from botocore.exceptions import EndpointConnectionError

from cost_sentry.adapters.approval_workflow import StepFunctionsApprovals
from cost_sentry.domain.errors import WorkflowUnavailable
from tests.fakes.approval_functions import FakeStepFunctions, refusal


@pytest.fixture
def client():
    return FakeStepFunctions()


@pytest.fixture
def workflow(client):
    return StepFunctionsApprovals(client, "approvals")


def test_however_often_it_is_started_there_is_one(client, workflow):
    workflow.start("ap-1", 0)
    workflow.start("ap-1", 3)

    assert client.running == {"ap-1": '{"approvalId": "ap-1"}'}


def test_after_one_that_ended_another_follows(client, workflow):
    client.ended.add("ap-1")

    workflow.start("ap-1", 3)
    workflow.start("ap-1", 3)

    assert list(client.running) == ["ap-1-3"]


def test_where_that_has_ended_too_it_is_left_at_that(client, workflow):
    client.ended |= {"ap-1", "ap-1-3"}

    workflow.start("ap-1", 3)

    assert client.running == {}


def test_who_waits_is_woken_and_nobody_else_is_missed(client, workflow):
    client.waiting.add("token")

    workflow.wake("token")
    workflow.wake("token")

    assert client.woken == ["token"]


@pytest.mark.parametrize(
    "fault", [EndpointConnectionError(endpoint_url="x"), refusal("ThrottlingException")]
)
def test_a_workflow_that_cannot_be_told_says_so(client, workflow, fault):
    client.fault = fault

    with pytest.raises(WorkflowUnavailable):
        workflow.start("ap-1", 0)
    with pytest.raises(WorkflowUnavailable):
        workflow.wake("token")
