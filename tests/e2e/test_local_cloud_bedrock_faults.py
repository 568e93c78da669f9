"""The Bedrock stand-in refuses what Bedrock refuses, and fails on demand."""

import time

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError

from cost_sentry_local import stand_in_control
from cost_sentry_local.local_cloud import LocalCloud
from tests.e2e.bedrock_kit import HAIKU, MISTRAL, NOVA, ask, user


@pytest.mark.parametrize(
    ("request_", "words_"),
    [
        ({"modelId": "acme.unknown-v1"}, "model identifier is invalid"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "assistant", "content": [{"text": "hi"}]}]}, "start with a user"),
        ({"messages": [{"role": "user", "content": [{"text": " "}]}]}, "is blank"),
        ({"inferenceConfig": {"maxTokens": 10_001}}, "exceeds the model limit of 10000"),
        ({"inferenceConfig": {"maxTokens": 0}}, "at least 1"),
        ({"messages": user("word " * 300_001)}, "Input is too long for requested model."),
        ({"modelId": MISTRAL, "system": [{"text": "be kind"}]}, "system messages"),
    ],
)
def test_what_bedrock_refuses_is_refused_and_not_billed(bedrock, stand_in, request_, words_):
    request = {"modelId": NOVA, "messages": user("hello")} | request_

    # Unchecked, because boto3 would stop some of these before they are sent.
    with pytest.raises(ClientError, match=words_) as refused:
        _unchecked(stand_in).converse(**request)

    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert stand_in_control.calls(stand_in)["models"][request["modelId"]]["billed"] == 0


def _unchecked(stand_in: LocalCloud):
    return boto3.client(
        "bedrock-runtime",
        endpoint_url=stand_in.bedrock_endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
    )


def test_an_unknown_resource_is_not_found(bedrock):
    arn = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/acme.unknown-v1"

    with pytest.raises(ClientError) as refused:
        ask(bedrock, model=arn)

    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("kind", "error", "status"),
    [
        ("throttle", "ThrottlingException", 429),
        ("not_ready", "ModelNotReadyException", 429),
        ("access_denied", "AccessDeniedException", 403),
        ("validation", "ValidationException", 400),
        ("quota", "ServiceQuotaExceededException", 400),
        ("not_found", "ResourceNotFoundException", 404),
        ("internal", "InternalServerException", 500),
        ("unavailable", "ServiceUnavailableException", 503),
        ("model_timeout", "ModelTimeoutException", 408),
        ("model_error", "ModelErrorException", 424),
    ],
)
def test_an_error_can_be_ordered_for_the_next_calls(bedrock, stand_in, kind, error, status):
    stand_in_control.set_fault(stand_in, kind, times=2)

    for _ in range(2):
        with pytest.raises(ClientError) as met:
            ask(bedrock)
        assert met.value.response["Error"]["Code"] == error
        assert met.value.response["ResponseMetadata"]["HTTPStatusCode"] == status

    assert ask(bedrock)["stopReason"] == "end_turn"
    calls = stand_in_control.calls(stand_in)["calls"]
    assert [call["outcome"] for call in calls] == [error, error, "end_turn"]
    assert [call["billed"] for call in calls] == [False, False, True]


def test_a_fault_may_be_for_one_model_only(bedrock, stand_in):
    stand_in_control.set_fault(
        stand_in, "throttle", model="anthropic.claude-haiku-4-5-20251001-v1:0"
    )

    assert ask(bedrock)["stopReason"] == "end_turn"
    with pytest.raises(ClientError, match="Too many requests"):
        ask(bedrock, model=HAIKU)
    assert stand_in_control.faults(stand_in) == []


@pytest.mark.parametrize("kind", ["break", "disconnect"])
def test_an_answer_can_be_lost_after_it_was_billed(bedrock, stand_in, kind):
    stand_in_control.set_fault(stand_in, kind)

    with pytest.raises(HTTPClientError):
        ask(bedrock)

    assert stand_in_control.calls(stand_in)["models"][NOVA]["billed"] == 1


def test_a_model_can_stall(bedrock, stand_in):
    stand_in_control.set_fault(stand_in, "stall", seconds=0.5)
    started = time.monotonic()

    ask(bedrock)

    assert time.monotonic() - started >= 0.5


def test_usage_can_be_missing_from_a_billed_answer(bedrock, stand_in):
    stand_in_control.set_fault(stand_in, "no_usage")

    assert "usage" not in ask(bedrock)
    assert stand_in_control.calls(stand_in)["models"][NOVA]["billed"] == 1


def test_an_unknown_fault_is_refused_with_what_is_allowed(stand_in):
    with pytest.raises(ValueError, match="kind is 'fire'; allowed are throttle"):
        stand_in_control.set_fault(stand_in, "fire")
