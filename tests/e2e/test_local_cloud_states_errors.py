"""How the local Step Functions names, retries and catches errors; each name is AWS's behaviour."""

import json
import time

import pytest

from cost_sentry_local.cloud import LocalCloud
from cost_sentry_local.stand_in.control import orders
from tests.e2e.cloud_kit import (
    calling,
    converse_arguments,
    conversing,
    new_function,
    new_machine,
    new_table,
    passing,
    run_machine,
    unique,
    until,
)

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud")]


@pytest.fixture(scope="module")
def flaky(local_cloud: LocalCloud) -> str:
    """A function that fails until it was called as often as asked, counting in a table."""
    table = new_table(local_cloud)["TableName"]
    return new_function(
        local_cloud,
        f"""
import boto3
class OverBudget(Exception): pass
def handler(event, context):
    counted = boto3.client("dynamodb").update_item(
        TableName="{table}", Key={{"pk": {{"S": event["key"]}}, "sk": {{"S": "-"}}}},
        UpdateExpression="ADD calls :one", ExpressionAttributeValues={{":one": {{"N": "1"}}}},
        ReturnValues="UPDATED_NEW")
    calls = int(counted["Attributes"]["calls"]["N"])
    if calls <= event["failures"]:
        raise OverBudget(f"attempt {{calls}}")
    return {{"calls": calls}}
""",
    )


@pytest.fixture(scope="module")
def silent(local_cloud: LocalCloud) -> str:
    """A function that tells nobody of the token it is given."""
    return new_function(local_cloud, "def handler(event, context):\n    return {}\n")


def over(execution):
    return execution if execution["status"] != "RUNNING" else None


class TestErrors:
    def test_an_exception_class_is_the_errors_name(self, local_cloud, flaky):
        caught = {"ErrorEquals": ["OverBudget"], "Next": "C", "Output": "{% $states.errorOutput %}"}
        states = {
            "A": calling(flaky, {"key": unique("k"), "failures": 9}, Catch=[caught]),
            "C": passing("{% $states.input %}"),
        }

        error = run_machine(local_cloud, states)["output"]

        assert error["Error"] == "OverBudget"
        cause = json.loads(error["Cause"])
        assert (cause["errorType"], cause["errorMessage"]) == ("OverBudget", "attempt 1")
        assert "in handler" in "".join(cause["stackTrace"])

    def test_retry_stops_at_success(self, local_cloud, flaky):
        retry = {"ErrorEquals": ["OverBudget"], "IntervalSeconds": 1, "JitterStrategy": "FULL"}
        states = {"A": calling(flaky, {"key": unique("k"), "failures": 2}, Retry=[retry])}

        assert run_machine(local_cloud, states)["output"]["Payload"] == {"calls": 3}

    def test_retry_delay_is_capped(self, local_cloud, flaky):
        retry = {
            "ErrorEquals": ["OverBudget"],
            "IntervalSeconds": 1,
            "BackoffRate": 10,
            "MaxDelaySeconds": 2,
            "MaxAttempts": 2,
        }
        states = {"A": calling(flaky, {"key": unique("k"), "failures": 2}, Retry=[retry])}
        started = time.monotonic()

        assert run_machine(local_cloud, states)["status"] == "SUCCEEDED"

        assert 2.9 < time.monotonic() - started < 8, "1 s and 2 s, not 1 s and 10 s"

    def test_exhausted_retries_are_caught(self, local_cloud, flaky):
        states = {
            "A": calling(
                flaky,
                {"key": unique("k"), "failures": 9},
                Retry=[{"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 0}],
                Catch=[{"ErrorEquals": ["States.ALL"], "Next": "C"}],
            ),
            "C": passing("caught"),
        }

        assert run_machine(local_cloud, states)["output"] == "caught"

    def test_a_task_has_a_time_limit(self, local_cloud):
        slow = converse_arguments(RequestMetadata=orders(latencyMs=4000))
        caught = [{"ErrorEquals": ["States.Timeout"], "Next": "C"}]
        states = {"A": conversing(TimeoutSeconds=1, Catch=caught), "C": passing("too slow")}
        started = time.monotonic()

        assert run_machine(local_cloud, states, slow)["output"] == "too slow"

        assert time.monotonic() - started < 3.5

    def test_a_time_limit_may_be_an_expression(self, local_cloud):
        slow = converse_arguments(RequestMetadata=orders(latencyMs=4000))
        caught = [{"ErrorEquals": ["States.Timeout"], "Next": "C"}]
        limit = "{% $length($states.input.ModelId) > 0 ? 1 : 9 %}"
        states = {"A": conversing(TimeoutSeconds=limit, Catch=caught), "C": passing("too slow")}

        assert run_machine(local_cloud, states, slow)["output"] == "too slow"

    def test_so_may_that_of_a_task_that_waits_for_its_token(self, local_cloud, silent):
        waiting = calling(
            silent,
            {"token": "{% $states.context.Task.Token %}"},
            Resource="arn:aws:states:::lambda:invoke.waitForTaskToken",
            TimeoutSeconds="{% $states.input.seconds %}",
            Catch=[{"ErrorEquals": ["States.Timeout"], "Next": "C"}],
        )
        machine = new_machine(local_cloud, {"A": waiting, "C": passing("late")}, kind="STANDARD")
        client = local_cloud.client("stepfunctions")

        started = client.start_execution(stateMachineArn=machine, input='{"seconds": 1}')
        ended = until(lambda: over(client.describe_execution(executionArn=started["executionArn"])))

        assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", "late")

    def test_a_machine_has_a_time_limit(self, local_cloud):
        states = {"A": {"Type": "Wait", "Seconds": 5, "End": True}}

        answer = run_machine(local_cloud, states, TimeoutSeconds=1)

        assert (answer["status"], answer["error"]) == ("TIMED_OUT", "States.Timeout")
        assert "output" not in answer

    def test_states_all_does_not_catch_an_answer_that_is_too_large(self, local_cloud):
        large = converse_arguments(
            RequestMetadata=orders(outputTokens=70_000),
            ModelId="us.anthropic.claude-sonnet-4-20250514-v1:0",
        )
        catch_all = [{"ErrorEquals": ["States.ALL"], "Next": "C"}]
        by_name = [{"ErrorEquals": ["States.DataLimitExceeded"], "Next": "C"}]

        unseen = run_machine(
            local_cloud, {"A": conversing(Catch=catch_all), "C": passing(1)}, large
        )
        caught = run_machine(local_cloud, {"A": conversing(Catch=by_name), "C": passing(1)}, large)

        assert unseen["error"] == "States.DataLimitExceeded"
        assert caught["output"] == 1
