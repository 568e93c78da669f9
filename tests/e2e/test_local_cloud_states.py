"""What the local Step Functions does as AWS does; each name is AWS's documented behaviour."""

import json
import time

import pytest
from botocore.exceptions import ClientError

from tests.e2e.cloud_kit import (
    calling,
    conversing,
    new_function,
    new_machine,
    passing,
    run_machine,
    start,
    together,
    until,
)

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud")]

KIB = 1024


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

    def test_a_function_that_is_invoked_as_an_event_is_not_waited_for(self, local_cloud):
        code = "import time\ndef handler(event, context):\n    time.sleep(20)"
        state = calling(new_function(local_cloud, code), 1, TimeoutSeconds=5)
        state["Arguments"]["InvocationType"] = "Event"
        began = time.monotonic()

        answer = run_machine(local_cloud, {"A": state | {"Output": "{% $states.result %}"}})

        assert answer["output"]["StatusCode"] == 202
        assert time.monotonic() - began < 5

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


class TestStandard:
    def test_to_start_one_that_runs_is_to_be_told_of_it(self, local_cloud):
        wait = {"Type": "Wait", "Seconds": 2, "End": True}
        machine = new_machine(local_cloud, {"A": wait}, kind="STANDARD")
        named = {"stateMachineArn": machine, "name": "same"}
        client = local_cloud.client("stepfunctions")

        first, again = (client.start_execution(**named, input='{"n": 1}') for _ in range(2))

        assert (again["executionArn"], again["startDate"]) == (
            first["executionArn"],
            first["startDate"],
        )
        with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
            client.start_execution(**named, input='{"n": 2}')

    def test_its_name_is_good_once(self, local_cloud):
        machine = new_machine(local_cloud, {"A": passing(1)}, kind="STANDARD")
        named = {"stateMachineArn": machine, "name": "once", "input": "{}"}
        client = local_cloud.client("stepfunctions")
        arn = client.start_execution(**named)["executionArn"]
        until(lambda: client.describe_execution(executionArn=arn)["status"] == "SUCCEEDED")

        with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
            client.start_execution(**named)


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
