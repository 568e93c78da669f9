"""A deployment is found by its stack's outputs, and its absence says how to make one."""

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from cost_sentry.domain.caller import Caller
from cost_sentry_client.deployment import Deployment, DeploymentNotFound, find_deployment

STACK_ID = "arn:aws:cloudformation:eu-west-1:210987654321:stack/CostSentry-prod/1f2e"
PREFIX = "arn:aws:states:eu-west-1:210987654321:stateMachine:CostSentry-prod_"
OUTPUTS = {
    "LedgerTableName": "ledger",
    "GuardedInvocationArnPrefix": PREFIX,
    "AlertTopicArn": "arn:aws:sns:eu-west-1:210987654321:alerts",
    "AdmitRequestFunctionName": "admit",
}


class OneClient:
    """A session whose only client is stubbed."""

    def __init__(self):
        self.made = boto3.client(
            "cloudformation",
            region_name="eu-west-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        self.stub = Stubber(self.made)

    def client(self, service, *, endpoint_url):
        assert (service, endpoint_url) == ("cloudformation", None)
        self.stub.activate()
        return self.made


def described() -> dict:
    outputs = [{"OutputKey": k, "OutputValue": v} for k, v in OUTPUTS.items()]
    stack = {
        "StackId": STACK_ID,
        "StackName": "CostSentry-prod",
        "CreationTime": "2026-11-21T12:00:00Z",
        "StackStatus": "CREATE_COMPLETE",
        "Outputs": outputs,
    }
    return {"Stacks": [stack]}


def test_the_outputs_name_every_part():
    session = OneClient()
    session.stub.add_response("describe_stacks", described(), {"StackName": "CostSentry-prod"})

    found = find_deployment(session, "prod")

    assert (found.account_id, found.region) == ("210987654321", "eu-west-1")
    assert found.table_name == "ledger"
    assert found.guarded_invocation_arn(Caller(team="search")) == f"{PREFIX}search"
    web = Caller(team="search", application="web")
    assert found.guarded_invocation_arn(web) == f"{PREFIX}search_web"
    assert found.alert_topic_arn == OUTPUTS["AlertTopicArn"]


def test_no_stack_says_which_was_looked_for_and_how_to_deploy_it():
    session = OneClient()
    message = "Stack with id CostSentry-prod does not exist"
    session.stub.add_client_error("describe_stacks", "ValidationError", message)

    with pytest.raises(DeploymentNotFound) as problem:
        find_deployment(session, "prod")

    assert "stage 'prod'" in problem.value.what
    assert "CostSentry-prod, region eu-west-1" in problem.value.where
    assert "cdk deploy -c stage=prod" in problem.value.fix


def test_a_refused_look_is_not_taken_for_a_missing_stack():
    session = OneClient()
    session.stub.add_client_error("describe_stacks", "AccessDenied", "no")

    with pytest.raises(ClientError):
        find_deployment(session, "prod")


def test_a_stack_of_another_version_names_the_output_it_lacks():
    old = Deployment(stage="dev", account_id="1", region="eu-west-1", outputs={})

    with pytest.raises(DeploymentNotFound, match="no output LedgerTableName"):
        _ = old.table_name
