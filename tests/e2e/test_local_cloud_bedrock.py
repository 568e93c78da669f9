"""The Bedrock stand-in counts honestly and speaks as Bedrock does."""

import json
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from cost_sentry_local import stand_in_control
from cost_sentry_local.stand_in.tokenizer import text_tokens, words
from tests.e2e.bedrock_kit import HAIKU, LLAMA, MISTRAL, NOVA, ask, replay, user

PNG = b"\x89PNG" + bytes(5000)


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
    ("model", "more", "words_"),
    [
        (NOVA, {"additionalModelRequestFields": {"top_k": 5}}, r"extraneous key \[top_k\]"),
        (HAIKU, {"additionalModelRequestFields": {"topK": 5}}, "topK: Extra inputs"),
        (LLAMA, {"outputConfig": {}}, None),
        (LLAMA, {"outputConfig": {"effort": "low"}}, "doesn't support the outputConfig"),
    ],
)
def test_fields_of_another_provider_are_refused_and_cost_nothing(
    bedrock, stand_in, model, more, words_
):
    if words_ is None:
        assert ask(bedrock, model=model, **more)["stopReason"] == "end_turn"
        return
    with pytest.raises(ClientError, match=words_):
        ask(bedrock, model=model, **more)
    assert not stand_in_control.calls(stand_in)["calls"][0]["billed"]


def test_the_last_request_can_be_had_back_as_it_arrived(bedrock, stand_in):
    ask(bedrock, "a secret prompt", inferenceConfig={"maxTokens": 5})

    assert stand_in_control.last_request(stand_in) == {
        "modelId": NOVA,
        "messages": user("a secret prompt"),
        "inferenceConfig": {"maxTokens": 5},
    }


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
