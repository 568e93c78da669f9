"""A call of an endpoint says in OpenAI's words what Converse says, and its answer comes back so."""

import pytest

from cost_sentry.adapters.bedrock_errors import ModelAnswerBroken, ValidationException
from cost_sentry.adapters.converse_usage import parse_usage
from cost_sentry.adapters.endpoint_chat import chat_request, converse_answer
from cost_sentry.domain.usage import TokenUsage

CONVERSE = {
    "modelId": "sagemaker.support-llm",
    "system": [{"text": "Be brief."}, {"text": "Be kind."}],
    "messages": [
        {"role": "user", "content": [{"text": "Hello."}, {"text": "Who are you?"}]},
        {"role": "assistant", "content": [{"text": "A model."}]},
        {"role": "user", "content": [{"text": "Whose?"}]},
    ],
    "inferenceConfig": {
        "maxTokens": 300,
        "temperature": 0.2,
        "topP": 0.9,
        "stopSequences": ["END"],
    },
    "requestMetadata": {"ticket": "4711"},
}
VLLM = {
    "id": "chatcmpl-5f1", "object": "chat.completion", "created": 1764403200,
    "model": "/opt/ml/model",
    "choices": [{
        "index": 0,
        "message": {
            "role": "assistant", "reasoning_content": None, "content": "Yours.", "tool_calls": []
        },
        "logprobs": None, "finish_reason": "stop", "stop_reason": None,
    }],
    "usage": {
        "prompt_tokens": 42, "total_tokens": 45, "completion_tokens": 3,
        "prompt_tokens_details": None,
    },
    "prompt_logprobs": None,
}  # fmt: skip
"""As vLLM's server answers on ``/invocations``."""
LMI = {
    "id": "chatcmpl-0", "object": "chat.completion", "created": 1764403200,
    "choices": [{
        "index": 0, "message": {"role": "assistant", "content": "Yours."}, "logprobs": None,
        "finish_reason": "length",
    }],
    "usage": {"prompt_tokens": 42, "completion_tokens": 3, "total_tokens": 45},
}  # fmt: skip
TGI = {
    "object": "chat.completion", "id": "", "created": 1764403200, "model": "/opt/ml/model",
    "system_fingerprint": "3.2.3-sha-abc",
    "choices": [{
        "index": 0, "message": {"role": "assistant", "content": "Yours."}, "logprobs": None,
        "finish_reason": "stop_sequence",
    }],
    "usage": {"prompt_tokens": 42, "completion_tokens": 3, "total_tokens": 45},
}  # fmt: skip


def changed(**members):
    (choice,) = VLLM["choices"]
    return {**VLLM, "choices": [{**choice, **members}]}


def test_a_whole_request_says_the_same_in_openais_words():
    assert chat_request(CONVERSE) == {
        "messages": [
            {"role": "system", "content": "Be brief.\nBe kind."},
            {"role": "user", "content": "Hello.\nWho are you?"},
            {"role": "assistant", "content": "A model."},
            {"role": "user", "content": "Whose?"},
        ],
        "max_tokens": 300,
        "temperature": 0.2,
        "top_p": 0.9,
        "stop": ["END"],
    }


def test_what_is_left_out_is_left_to_the_container():
    least = {"messages": CONVERSE["messages"][:1], "inferenceConfig": {"maxTokens": 5}}
    least |= {"outputConfig": {}, "additionalModelRequestFields": {}}

    assert chat_request(least).keys() == {"messages", "max_tokens"}


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"guardrailConfig": {"guardrailIdentifier": "g"}}, "guardrailConfig"),
        ({"toolConfig": {"tools": [{}]}}, "toolConfig"),
        ({"additionalModelRequestFields": {"n": 8}}, "additionalModelRequestFields"),
        ({"somethingNew": 1}, "somethingNew"),
        ({"system": [{"cachePoint": {"type": "default"}}]}, "system, block 0"),
        (
            {"messages": [{"role": "user", "content": [{"text": "a"}, {"image": {}}]}]},
            "messages.0, block 1",
        ),
        (
            {"messages": [{"role": "user", "content": [{"text": "a", "image": {}}]}]},
            "messages.0, block 0",
        ),
    ],
)
def test_what_has_no_translation_is_refused_before_anything_is_sent(more, place):
    with pytest.raises(ValidationException, match=place):
        chat_request({**CONVERSE, **more})


@pytest.mark.parametrize(
    ("completion", "stop"), [(VLLM, "end_turn"), (LMI, "max_tokens"), (TGI, "stop_sequence")]
)
def test_each_containers_answer_is_converses_own(completion, stop):
    answer = converse_answer(completion, 250)

    assert answer == {
        "output": {"message": {"role": "assistant", "content": [{"text": "Yours."}]}},
        "stopReason": stop,
        "usage": {"inputTokens": 42, "outputTokens": 3, "totalTokens": 45},
        "metrics": {"latencyMs": 250},
    }
    assert parse_usage(answer) == TokenUsage(input_tokens=42, output_tokens=3)


@pytest.mark.parametrize(
    ("reason", "stop"),
    [("eos_token", "end_turn"), ("content_filter", "content_filtered"), (None, "end_turn")],
)
def test_other_ends_have_a_name_too(reason, stop):
    assert converse_answer(changed(finish_reason=reason), 1)["stopReason"] == stop


def test_reasoning_that_a_container_tells_apart_comes_before_the_answer():
    message = {"role": "assistant", "reasoning_content": "Hm.", "content": "Yours."}

    content = converse_answer(changed(message=message), 1)["output"]["message"]["content"]

    assert content == [
        {"reasoningContent": {"reasoningText": {"text": "Hm."}}},
        {"text": "Yours."},
    ]


def test_an_empty_answer_is_an_empty_text():
    message = {"role": "assistant", "content": None}

    answer = converse_answer(changed(message=message), 1)

    assert answer["output"]["message"]["content"] == [{"text": ""}]


@pytest.mark.parametrize(
    "usage",
    [
        None,
        "many",
        {},
        {"prompt_tokens": 42},
        {"prompt_tokens": 42, "completion_tokens": None},
        {"prompt_tokens": 42, "completion_tokens": -1},
        {"prompt_tokens": 42.5, "completion_tokens": 3},
        {"prompt_tokens": True, "completion_tokens": 3},
        {"prompt_tokens": "42", "completion_tokens": 3},
    ],
)
def test_usage_that_is_missing_or_malformed_is_unknown_and_the_answer_stays(usage):
    answer = converse_answer({**VLLM, "usage": usage}, 1)

    assert parse_usage(answer) is None
    assert answer["output"]["message"]["content"] == [{"text": "Yours."}]


@pytest.mark.parametrize(
    "body",
    [
        None,
        [{"generated_text": "Yours."}],
        {"error": "Request failed during generation", "code": 424},
        {"choices": []},
        {"choices": [None]},
        {"choices": [{"text": "Yours."}]},
    ],
)
def test_what_is_no_chat_completion_is_a_broken_answer_for_the_model_has_run(body):
    with pytest.raises(ModelAnswerBroken):
        converse_answer(body, 1)
