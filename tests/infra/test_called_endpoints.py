"""One function may call the endpoints that `sentry.yaml` names as models, and no others."""

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template

from infra.called_endpoints import read_called_endpoints
from infra.endpoint_access import EndpointAccess

FILE = """
models:
  us.amazon.nova-lite-v1:0:
  us.amazon.nova-pro-v1:0: {ladder: [us.amazon.nova-lite-v1:0]}
  sagemaker.chat: {endpoint: {name: chat, component: Chat-8B}}
  sagemaker.no: {endpoint: {name: no}}
"""


def written(tmp_path, text):
    path = tmp_path / "sentry.yaml"
    path.write_text(text)
    return path


def statements(called):
    """What a role that may call these is allowed."""
    stack = cdk.Stack(cdk.App(), "S")
    role = iam.Role(stack, "R", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    access = EndpointAccess(stack, "E", called=called)
    access.grant_call(role)
    access.grant_scale(role)  # else its other policies would be empty
    access.grant_guard(role)
    policies = Template.from_stack(stack).find_resources("AWS::IAM::Policy")
    return [
        statement
        for name, policy in policies.items()
        if "Calling" in name
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def test_endpoints_and_components_are_read_as_they_stand_there_and_as_arns_have_them(tmp_path):
    assert read_called_endpoints(written(tmp_path, FILE)) == (
        "endpoint/chat",
        "endpoint/no",
        "inference-component/Chat-8B",
        "inference-component/chat-8b",
    )


@pytest.mark.parametrize("text", ["", "models:", "models: []", "models: {a: {endpoint: x}}"])
def test_a_file_without_endpoints_gives_no_right(tmp_path, text):
    assert read_called_endpoints(written(tmp_path, text)) == ()


def test_only_the_named_ones_may_be_called():
    (statement,) = statements(("endpoint/chat", "endpoint/no"))

    assert (statement["Effect"], statement["Action"]) == ("Allow", "sagemaker:InvokeEndpoint")
    assert [one["Fn::Join"][1][-1] for one in statement["Resource"]] == [
        ":endpoint/chat",
        ":endpoint/no",
    ]


def test_without_any_there_is_no_policy():
    assert statements(()) == []
