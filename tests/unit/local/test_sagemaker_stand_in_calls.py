"""Calls of endpoints at the stand-in: who is answered, what CloudWatch hears, what is billed."""

import json
import threading
import time

import pytest
from botocore.exceptions import ClientError

from tests.unit.local.sagemaker_kit import NOON, refusal, running_stand_in


@pytest.fixture
def stand_in():
    with running_stand_in() as one:
        yield one


def test_an_endpoint_in_service_answers_and_says_which_variant(stand_in):
    stand_in.plain()

    answer = stand_in.call(body=b'{"inputs": "hello"}')

    assert answer["InvokedProductionVariant"] == "main"
    assert json.loads(answer["Body"].read())["members"] == ["inputs"]


def test_an_endpoint_that_is_not_there_or_not_ready_is_not_found(stand_in):
    missing = refusal(stand_in.call)
    stand_in.plain()
    stand_in.sagemaker.delete_endpoint(EndpointName="chat")
    going = refusal(stand_in.call)
    stand_in.wait(2)
    stand_in.sagemaker.create_endpoint(EndpointName="chat", EndpointConfigName="chat-config")
    coming = refusal(stand_in.call)

    assert missing == going == coming
    assert missing == ("ValidationError", "Endpoint chat of account 123456789012 not found.")


def test_what_a_model_cannot_read_is_a_model_error_with_its_own_status(stand_in):
    stand_in.plain()

    with pytest.raises(ClientError) as error:
        stand_in.call(body=b"no json")

    assert error.value.response["Error"]["Code"] == "ModelError"
    assert error.value.response["OriginalStatusCode"] == 400


def test_a_model_that_is_told_to_fail_fails_with_the_status_it_was_told(stand_in):
    stand_in.plain()
    fault = b'{"operation": "InvokeEndpoint", "code": "ModelError", "originalStatus": 503}'
    stand_in.server.control.order("POST", "faults", fault)

    with pytest.raises(ClientError) as error:
        stand_in.call()

    assert error.value.response["OriginalStatusCode"] == 503
    assert stand_in.call()["InvokedProductionVariant"] == "main"


def test_a_component_without_copies_has_no_capacity_and_cloudwatch_hears_of_it(stand_in):
    stand_in.of_components()
    nameless = refusal(stand_in.call)
    stand_in.call(InferenceComponentName="ic")
    stand_in.copies(0)
    updating = refusal(stand_in.copies, 1)
    stand_in.wait(5)
    code, words = refusal(stand_in.call, InferenceComponentName="ic")

    assert "Inference Component Name header is required" in nameless[1]
    assert "in-progress" in updating[1]
    assert code == "ValidationError"
    assert words.startswith("Inference Component has no capacity to process this request.")
    assert [value for _, value in stand_in.metered("NoCapacityInvocationFailures")] == [1.0]
    assert [value for _, value in stand_in.metered("Invocations")] == [1.0]


def test_instances_report_each_minute_also_when_nobody_calls_and_no_more_when_gone(stand_in):
    stand_in.plain()
    stand_in.metered("CPUUtilization")
    stand_in.wait(180)
    heard = stand_in.metered("CPUUtilization")
    stand_in.sagemaker.delete_endpoint(EndpointName="chat")
    stand_in.wait(180)

    assert [at for at, _ in heard] == [NOON, NOON + 60, NOON + 120]
    assert len(stand_in.metered("CPUUtilization")) == len(heard)
    assert {value for _, value in stand_in.metered("ConcurrentRequestsPerModel")} == {0.0}


def test_a_call_that_runs_is_in_flight_in_every_minute_of_its_own(stand_in):
    stand_in.plain()
    stand_in.metered("Invocations")
    body = json.dumps({"standIn.latencySeconds": 0.6}).encode()
    caller = threading.Thread(target=stand_in.call, kwargs={"body": body})
    caller.start()
    time.sleep(0.3)
    stand_in.wait(60)
    during = stand_in.metered("ConcurrentRequestsPerModel")
    caller.join()
    stand_in.wait(120)
    after = stand_in.metered("ConcurrentRequestsPerModel")

    assert [value for _, value in during] == [1.0]
    assert [value for _, value in after] == [1.0, 1.0, 0.0]


def test_a_past_is_told_minute_by_minute_and_moves_when_it_was_made(stand_in):
    stand_in.plain()
    stand_in.server.control.order("POST", "past", b'{"endpoint": "chat", "minutes": 45}')

    made = stand_in.sagemaker.describe_endpoint(EndpointName="chat")["CreationTime"]
    heard = stand_in.metered("CPUUtilization")

    assert stand_in.time - made.timestamp() == 45 * 60
    assert len(heard) == 45
    assert stand_in.metered("Invocations") == []
    assert stand_in.billed() == [("ml.g5.xlarge", 2, 45 * 60)]


def test_instances_are_billed_from_the_order_to_make_them_to_the_order_to_take_them(stand_in):
    stand_in.plain()
    stand_in.wait(3_590)
    stand_in.sagemaker.delete_endpoint(EndpointName="chat")
    stand_in.wait(1_000)

    assert stand_in.billed() == [("ml.g5.xlarge", 2, 3_600)]


def test_copies_that_go_to_zero_take_their_instances_with_them_and_bring_them_back(stand_in):
    stand_in.of_components(copies=2)
    before = len(stand_in.billed())
    stand_in.copies(0)
    stand_in.wait(1_000)
    gone = stand_in.billed()
    stand_in.copies(1)
    stand_in.wait(100)

    assert gone == stand_in.billed()[: len(gone)]
    assert all(seconds < 1_000 for _, _, seconds in gone)
    assert stand_in.billed()[before:] == [("ml.g5.xlarge", 1, 100)]


def test_after_everything_is_forgotten_there_is_nothing(stand_in):
    stand_in.plain(team="search")
    stand_in.server.control.order("DELETE", "everything", b"")

    assert stand_in.sagemaker.list_endpoints()["Endpoints"] == []
    assert stand_in.billed() == []
    assert stand_in.server.control.order("GET", "tags", b"") == {"tagged": []}
