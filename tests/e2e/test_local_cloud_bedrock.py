"""The Bedrock stand-in counts honestly, refuses what Bedrock refuses, and fails on demand."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from hypothesis import given
from hypothesis import strategies as st

from cost_sentry_local import stand_in_control
from cost_sentry_local.local_cloud import LocalCloud
from cost_sentry_local.ports import LOOPBACK
from cost_sentry_local.stand_in.front_door import BedrockServer
from cost_sentry_local.stand_in.tokenizer import text_tokens, words

HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
NOVA = "amazon.nova-pro-v1:0"
LLAMA = "meta.llama3-1-8b-instruct-v1:0"
MISTRAL = "mistral.mistral-7b-instruct-v0:2"
PNG = b"\x89PNG" + bytes(5000)


@pytest.fixture(scope="module")
def stand_in() -> Iterator[LocalCloud]:
    """Only the stand-in, in this process; there is no AWS beside it."""
    server = BedrockServer(0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f"http://{LOOPBACK}:{server.server_port}"
    yield LocalCloud(
        endpoint=endpoint, bedrock_endpoint=endpoint, process_group=0, state_directory=Path()
    )
    server.shutdown()
    server.server_close()


@pytest.fixture
def bedrock(stand_in: LocalCloud):
    stand_in_control.clear_faults(stand_in)
    stand_in_control.forget_calls(stand_in)
    return stand_in.client("bedrock-runtime")


def user(*blocks: Any) -> list[dict[str, Any]]:
    content = [{"text": block} if isinstance(block, str) else block for block in blocks]
    return [{"role": "user", "content": content}]


def ask(bedrock, text: str = "Tell me about budgets.", model: str = NOVA, **more: Any):
    return bedrock.converse(modelId=model, messages=user(text), **more)


def replay(**fields: Any) -> dict[str, Any]:
    return {"additionalModelRequestFields": {"standIn": fields}}


@given(st.text())
def test_a_text_never_has_more_tokens_than_bytes(text):
    assert text_tokens(text) <= len(text.encode("utf-8", "surrogatepass"))


def test_english_has_about_four_characters_per_token():
    text = Path(__file__).read_text(encoding="utf-8").partition("import")[0] + (
        "Each team pays for what it uses, and nobody can spend what another was promised. " * 20
    )

    assert 3 < len(text) / text_tokens(text) < 6


@given(st.integers(min_value=1, max_value=3000))
def test_filler_has_exactly_the_tokens_asked_for(tokens):
    assert text_tokens(words(tokens)) == tokens


@pytest.mark.parametrize("model", [HAIKU, NOVA, LLAMA, MISTRAL, "eu.amazon.nova-micro-v1:0"])
def test_usage_counts_what_was_said(bedrock, model):
    answer = ask(bedrock, model=model)

    text = answer["output"]["message"]["content"][0]["text"]
    assert answer["usage"]["outputTokens"] == text_tokens(text)
    assert answer["usage"]["inputTokens"] == text_tokens("Tell me about budgets.")
    assert answer["stopReason"] == "end_turn"


def test_the_answer_ends_at_max_tokens(bedrock):
    answer = ask(bedrock, inferenceConfig={"maxTokens": 5})

    assert answer["usage"]["outputTokens"] == 5
    assert answer["stopReason"] == "max_tokens"


def test_recorded_token_counts_can_be_replayed(bedrock):
    long = "x" * 2000
    answer = ask(bedrock, long, **replay(inputTokens=1500, outputTokens=300))
    limited = ask(bedrock, long, inferenceConfig={"maxTokens": 100}, **replay(outputTokens=300))

    assert answer["usage"] == {"inputTokens": 1500, "outputTokens": 300, "totalTokens": 1800}
    assert limited["usage"]["outputTokens"] == 100
    assert limited["stopReason"] == "max_tokens"


def test_replayed_input_stays_below_the_bytes_of_the_request(bedrock):
    answer = ask(bedrock, "short", **replay(inputTokens=10_000))

    assert answer["usage"]["inputTokens"] < 200


def test_a_cached_prefix_is_written_once_and_then_read(bedrock):
    system = [{"text": "remember this " * 2000}, {"cachePoint": {"type": "default"}}]

    first = ask(bedrock, "one", system=system)["usage"]
    second = ask(bedrock, "another one", system=system)["usage"]
    other_model = ask(bedrock, "one", HAIKU, system=system)["usage"]

    assert first["cacheWriteInputTokens"] > 1024
    assert first["cacheReadInputTokens"] == 0
    assert second["cacheReadInputTokens"] == first["cacheWriteInputTokens"]
    assert second["cacheWriteInputTokens"] == 0
    assert second["inputTokens"] == text_tokens("another one")
    assert other_model["cacheReadInputTokens"] == 0
    total = second["inputTokens"] + second["outputTokens"] + second["cacheReadInputTokens"]
    assert second["totalTokens"] == total


def test_an_hours_cache_is_told_apart(bedrock):
    system = [{"text": "for an hour " * 2000}, {"cachePoint": {"type": "default", "ttl": "1h"}}]

    usage = ask(bedrock, "one", HAIKU, system=system)["usage"]

    details = [{"ttl": "1h", "inputTokens": usage["cacheWriteInputTokens"]}]
    assert usage["cacheDetails"] == details


def test_a_short_prefix_is_not_cached(bedrock):
    system = [{"text": "short"}, {"cachePoint": {"type": "default"}}]

    assert "cacheWriteInputTokens" not in ask(bedrock, system=system)["usage"]


def test_a_tool_is_used_when_asked_for_and_its_result_is_taken(bedrock):
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "n": {"type": "integer"}},
    }
    tools = {"tools": [{"toolSpec": {"name": "weather", "inputSchema": {"json": schema}}}]}

    call = ask(bedrock, "please #tool", toolConfig=tools)
    use = call["output"]["message"]["content"][0]["toolUse"]
    result = {"toolUseId": use["toolUseId"], "content": [{"json": {"sun": True}}]}
    after = bedrock.converse(
        modelId=NOVA,
        messages=[
            *user("please #tool"),
            call["output"]["message"],
            *user({"toolResult": result}),
        ],
        toolConfig=tools,
    )

    assert call["stopReason"] == "tool_use"
    assert (use["name"], use["input"]) == ("weather", {"city": "Berlin", "n": 3})
    assert after["stopReason"] == "end_turn"


def test_reasoning_is_shown_and_counted_on_request(bedrock):
    thinking = {"thinking": {"type": "enabled", "budget_tokens": 1024}}

    answer = ask(bedrock, model=HAIKU, additionalModelRequestFields=thinking)

    thought, spoken = answer["output"]["message"]["content"]
    text = thought["reasoningContent"]["reasoningText"]
    assert text["signature"]
    counted = text_tokens(text["text"]) + text_tokens(spoken["text"])
    assert answer["usage"]["outputTokens"] == counted


def test_a_guardrail_stops_a_prompt_for_free(bedrock, stand_in):
    guardrail = {"guardrailIdentifier": "g", "guardrailVersion": "1"}

    answer = ask(bedrock, "say #blocked things", guardrailConfig=guardrail)

    assert answer["stopReason"] == "guardrail_intervened"
    assert answer["usage"]["totalTokens"] == 0
    assert not stand_in_control.calls(stand_in)["calls"][0]["billed"]


def test_images_count_and_need_a_model_that_sees(bedrock):
    image = {"image": {"format": "png", "source": {"bytes": PNG}}}

    seen = bedrock.converse(modelId=NOVA, messages=user("what is it?", image))

    assert seen["usage"]["inputTokens"] == text_tokens("what is it?") + 1600
    with pytest.raises(ClientError, match="doesn't support the image content block"):
        bedrock.converse(modelId="amazon.nova-micro-v1:0", messages=user("what?", image))


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


def test_the_log_of_calls_adds_up_and_holds_no_text(bedrock, stand_in):
    marked = {"requestMetadata": {"request": "r-1"}}
    first = ask(bedrock, "a secret prompt", **marked)["usage"]
    second = ask(bedrock, "a secret prompt")["usage"]

    logged = stand_in_control.calls(stand_in)

    assert logged["models"][NOVA]["inputTokens"] == first["inputTokens"] + second["inputTokens"]
    assert logged["models"][NOVA]["billed"] == 2
    assert logged["calls"][0]["requestMetadata"] == {"request": "r-1"}
    assert "secret" not in json.dumps(logged)


@pytest.mark.parametrize(
    ("model", "body", "words_"),
    [
        (
            "anthropic.claude-3-haiku-20240307-v1:0",
            {
                "anthropic_version": "bedrock-2023-05-31",
                "max_tokens": 9,
                "messages": [{"role": "user", "content": "hi"}],
            },
            lambda answer: answer["usage"]["output_tokens"],
        ),
        (
            NOVA,
            {"messages": user("hi"), "inferenceConfig": {"maxTokens": 9}},
            lambda answer: answer["usage"]["outputTokens"],
        ),
        (
            LLAMA,
            {"prompt": "hi", "max_gen_len": 9},
            lambda answer: answer["generation_token_count"],
        ),
        (
            MISTRAL,
            {"prompt": "hi", "max_tokens": 9},
            lambda answer: text_tokens(answer["outputs"][0]["text"]),
        ),
    ],
)
def test_invoke_model_speaks_each_familys_own_words(bedrock, model, body, words_):
    answer = bedrock.invoke_model(modelId=model, body=json.dumps(body))

    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert words_(json.load(answer["body"])) == 9
    assert headers["x-amzn-bedrock-output-token-count"] == "9"


def test_count_tokens_agrees_with_converse_and_costs_nothing(bedrock, stand_in):
    text = "How much would this be?"
    native = {"messages": user(text), "inferenceConfig": {"maxTokens": 1}}

    counted = bedrock.count_tokens(modelId=NOVA, input={"converse": {"messages": user(text)}})
    body = {"invokeModel": {"body": json.dumps(native)}}
    counted_native = bedrock.count_tokens(modelId=NOVA, input=body)

    assert counted["inputTokens"] == counted_native["inputTokens"] == text_tokens(text)
    assert stand_in_control.calls(stand_in)["models"][NOVA]["billed"] == 0
    assert ask(bedrock, text)["usage"]["inputTokens"] == counted["inputTokens"]
