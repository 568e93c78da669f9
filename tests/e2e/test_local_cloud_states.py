"""What the local Step Functions does as AWS does; each name is AWS's documented behaviour."""

import json
import time

import pytest
from botocore.exceptions import ClientError

from cost_sentry_local.cloud import LocalCloud
from tests.e2e.cloud_kit import (
    calling,
    converse_arguments,
    conversing,
    new_function,
    new_machine,
    new_table,
    passing,
    run_machine,
    start,
    together,
    unique,
)

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud")]

KIB = 1024


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


class TestData:
    def test_numbers_keep_their_value_and_kind(self, local_cloud):
        states = {
            "A": passing({"half": "{% 5/2 %}", "two": "{% 4/2 %}", "big": "{% $states.input.n %}"})
        }

        answer = run_machine(local_cloud, states, {"n": 9_007_199_254_740_991})

        assert answer["output"] == {"half": 2.5, "two": 2, "big": 9_007_199_254_740_991}

    def test_quotes_newlines_and_templates_survive_variables(self, local_cloud):
        text = 'he said "x" \\ and\nnew {% line'
        states = {
            "A": {"Type": "Pass", "Assign": {"v": "{% $states.input.s %}"}, "Next": "B"},
            "B": passing("{% $v %}"),
        }

        assert run_machine(local_cloud, states, {"s": text})["output"] == text

    def test_null_stays_null_and_a_missing_field_is_an_error(self, local_cloud):
        states = {"A": passing("{% $states.input.n %}")}

        assert run_machine(local_cloud, states, {"n": None})["output"] is None
        assert run_machine(local_cloud, states)["error"] == "States.QueryEvaluationError"

    def test_eval_is_refused(self, local_cloud):
        answer = run_machine(local_cloud, {"A": passing("{% $eval('1+1') %}")})

        assert (answer["status"], answer["error"]) == ("FAILED", "States.QueryEvaluationError")

    def test_succeed_has_an_output(self, local_cloud):
        states = {"A": {"Type": "Succeed", "Output": {"a": "{% 1+1 %}"}}}

        assert run_machine(local_cloud, states)["output"] == {"a": 2}

    def test_fail_takes_error_and_cause_from_expressions(self, local_cloud):
        states = {
            "A": {"Type": "Fail", "Error": "{% 'E' & '1' %}", "Cause": "{% $string({'a': 1}) %}"}
        }

        answer = run_machine(local_cloud, states)

        assert (answer["error"], answer["cause"]) == ("E1", '{"a":1}')
        assert "output" not in answer

    def test_choice_assigns_and_outputs_by_rule(self, local_cloud):
        rule = {
            "Condition": "{% $states.input.n > 3 %}",
            "Next": "B",
            "Assign": {"k": 7},
            "Output": 1,
        }
        states = {
            "A": {"Type": "Choice", "Choices": [rule], "Default": "C"},
            "B": passing({"k": "{% $k %}", "in": "{% $states.input %}"}),
            "C": passing("no"),
        }

        assert run_machine(local_cloud, states, {"n": 4})["output"] == {"k": 7, "in": 1}
        assert run_machine(local_cloud, states, {"n": 3})["output"] == "no"


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
        slow = converse_arguments(AdditionalModelRequestFields={"standIn": {"latencyMs": 4000}})
        caught = [{"ErrorEquals": ["States.Timeout"], "Next": "C"}]
        states = {"A": conversing(TimeoutSeconds=1, Catch=caught), "C": passing("too slow")}
        started = time.monotonic()

        assert run_machine(local_cloud, states, slow)["output"] == "too slow"

        assert time.monotonic() - started < 3.5

    def test_a_machine_has_a_time_limit(self, local_cloud):
        states = {"A": {"Type": "Wait", "Seconds": 5, "End": True}}

        answer = run_machine(local_cloud, states, TimeoutSeconds=1)

        assert (answer["status"], answer["error"]) == ("TIMED_OUT", "States.Timeout")
        assert "output" not in answer

    def test_states_all_does_not_catch_an_answer_that_is_too_large(self, local_cloud):
        large = converse_arguments(
            AdditionalModelRequestFields={"standIn": {"outputTokens": 70_000}},
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


class TestLimits:
    def test_a_state_carries_at_most_256_kib(self, local_cloud):
        states = {"A": passing("{% $join([1..30000].('0123456789')) %}")}

        assert run_machine(local_cloud, states)["error"] == "States.DataLimitExceeded"

    def test_an_execution_starts_with_at_most_256_kib(self, local_cloud):
        machine = new_machine(local_cloud, {"A": passing(1)})

        assert start(local_cloud, machine, "x" * (256 * KIB - 2))["output"] == 1
        with pytest.raises(ClientError, match="less than or equal to 262144"):
            start(local_cloud, machine, "x" * (256 * KIB - 1))

    def test_the_limit_counts_bytes_and_not_characters(self, local_cloud):
        machine = new_machine(local_cloud, {"A": passing(1)})
        text = json.dumps("ä" * (200 * KIB), ensure_ascii=False)

        with pytest.raises(ClientError, match="262144"):
            local_cloud.client("stepfunctions").start_sync_execution(
                stateMachineArn=machine, input=text
            )

    @pytest.mark.parametrize("text", ["NaN", '{"a": -Infinity}', "{", "", "[" * 1001 + "]" * 1001])
    def test_an_execution_starts_with_json(self, local_cloud, text):
        machine = new_machine(local_cloud, {"A": passing(1)})

        with pytest.raises(ClientError) as refused:
            local_cloud.client("stepfunctions").start_sync_execution(
                stateMachineArn=machine, input=text
            )

        assert refused.value.response["Error"]["Code"] == "InvalidExecutionInput"

    def test_deep_nesting_reaches_a_function(self, local_cloud):
        function = new_function(local_cloud, "def handler(event, context):\n    return 1")
        machine = new_machine(local_cloud, {"A": calling(function, "{% $states.input %}")})

        answer = local_cloud.client("stepfunctions").start_sync_execution(
            stateMachineArn=machine, input="[" * 900 + "]" * 900
        )

        assert json.loads(answer["output"])["Payload"] == 1

    @pytest.mark.parametrize("name", ["a b", "a#b", "a:b", "a/b"])
    def test_an_execution_name_has_a_form(self, local_cloud, name):
        machine = new_machine(local_cloud, {"A": passing(1)})

        with pytest.raises(ClientError, match="Invalid Name"):
            start(local_cloud, machine, name=name)


class TestDefinitions:
    @pytest.mark.parametrize(
        ("states", "words"),
        [
            ({"A": {"Type": "Pass", "Next": "Nowhere"}}, "MISSING_TRANSITION_TARGET"),
            ({"A": {"Type": "Pass"}}, "transition"),
            ({"A": {"Type": "Pass", "ResultPath": "$.x", "End": True}}, "ResultPath"),
            ({"A": passing("{% 1 + %}")}, "INVALID_JSONATA_EXPRESSION"),
            ({"A": conversing(Catch=[{"ErrorEquals": ["E"], "Next": "No"}])}, "No"),
            (
                {
                    "A": {
                        "Type": "Task",
                        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                        "End": True,
                    }
                },
                "waitForTaskToken",
            ),
        ],
    )
    def test_a_definition_that_cannot_run_is_refused(self, local_cloud, states, words):
        with pytest.raises(ClientError, match=words) as refused:
            new_machine(local_cloud, states)

        assert refused.value.response["Error"]["Code"] == "InvalidDefinition"


class TestExpress:
    def test_executions_of_one_name_do_not_meet(self, local_cloud):
        machine = new_machine(local_cloud, {"A": passing("{% $states.input.n %}")})

        answers = together(16, lambda n: start(local_cloud, machine, {"n": n}, name="same"))

        assert [answer["output"] for answer in answers] == list(range(16))
        assert len({answer["executionArn"] for answer in answers}) == 16

    def test_it_costs_and_says_so(self, local_cloud):
        answer = run_machine(local_cloud, {"A": passing(1)})

        assert answer["billingDetails"]["billedDurationInMilliseconds"] >= 100

    def test_standard_machines_do_not_start_synchronously(self, local_cloud):
        machine = new_machine(local_cloud, {"A": passing(1)}, kind="STANDARD")

        with pytest.raises(ClientError, match="not supported by this type"):
            start(local_cloud, machine)

    def test_it_is_fast(self, local_cloud):
        machine = new_machine(local_cloud, {"A": passing(1)})
        start(local_cloud, machine)
        started = time.monotonic()

        for _ in range(20):
            start(local_cloud, machine)

        assert time.monotonic() - started < 20 * 0.15, "the emulator alone would sleep that long"


class TestConverse:
    def test_arguments_and_answers_are_pascal_case_but_documents_are_the_callers(self, local_cloud):
        schema = {"type": "object", "properties": {"city_name": {"type": "string"}}}
        tool = {"ToolSpec": {"Name": "weather", "InputSchema": {"Json": schema}}}

        answer = run_machine(
            local_cloud,
            {"A": conversing()},
            converse_arguments("use the #tool", ToolConfig={"Tools": [tool]}),
        )["output"]

        use = answer["Output"]["Message"]["Content"][0]["ToolUse"]
        assert use["Input"] == {"city_name": "Berlin"}
        assert use["Type"], "a key that Converse does not have, as seen in live state machines"
        assert answer["StopReason"] == "tool_use"
        assert answer["Usage"]["TotalTokens"] > 0

    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            ("throttle", "BedrockRuntime.ThrottlingException"),
            ("validation", "BedrockRuntime.ValidationException"),
            ("access_denied", "BedrockRuntime.AccessDeniedException"),
            ("not_found", "BedrockRuntime.ResourceNotFoundException"),
            ("not_ready", "BedrockRuntime.ModelNotReadyException"),
            ("quota", "BedrockRuntime.ServiceQuotaExceededException"),
            ("model_timeout", "BedrockRuntime.ModelTimeoutException"),
            ("model_error", "BedrockRuntime.ModelErrorException"),
            ("internal", "BedrockRuntime.InternalServerException"),
            ("unavailable", "BedrockRuntime.ServiceUnavailableException"),
            ("break", "BedrockRuntime.SdkClientException"),
            ("disconnect", "BedrockRuntime.SdkClientException"),
        ],
    )
    def test_errors_carry_the_services_name_and_can_be_caught(self, local_cloud, fault, error):
        caught = {"ErrorEquals": [error], "Next": "C", "Output": "{% $states.errorOutput.Error %}"}
        states = {"A": conversing(Catch=[caught]), "C": passing("{% $states.input %}")}
        arguments = converse_arguments(AdditionalModelRequestFields={"standIn": {"fault": fault}})

        assert run_machine(local_cloud, states, arguments)["output"] == error

    def test_camel_case_arguments_are_refused(self, local_cloud):
        answer = run_machine(local_cloud, {"A": conversing()}, converse_arguments(modelId="x"))

        assert answer["error"] == "States.Runtime"
        assert "'modelId' is not supported" in answer["cause"]
