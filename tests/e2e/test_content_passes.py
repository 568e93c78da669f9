"""What Converse can carry arrives at the model, and what the model says arrives at the caller."""

import base64

import pytest

from cost_sentry_local import stand_in_control
from tests.e2e.sentry_kit import SONNET

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("cloud")]

TOOLS = {
    "tools": [
        {
            "toolSpec": {
                "name": "get_weather",
                "description": "Weather of a city",
                "inputSchema": {
                    "json": {
                        "type": "object",
                        "properties": {"City": {"type": "string"}, "unit_name": {"enum": ["c"]}},
                        "required": ["City"],
                    }
                },
            }
        }
    ]
}


PICTURE = {"format": "png", "source": {"bytes": base64.b64encode(bytes(300)).decode()}}


def user(*content):
    return [{"role": "user", "content": list(content)}]


def test_a_tool_call_and_its_result_pass_in_both_directions(slot):
    asked = slot.sentry.invoke(
        slot.prompt(messages=user({"text": "Use the #tool please"}), toolConfig=TOOLS)
    )
    [call] = [b["toolUse"] for b in asked["output"]["message"]["content"] if "toolUse" in b]
    assert asked["stopReason"] == "tool_use"
    assert call["name"] == "get_weather"
    assert set(call) == {"toolUseId", "name", "input"}

    result = {"toolUseId": call["toolUseId"], "content": [{"json": {"Degrees": 21, "sky": None}}]}
    answered = slot.sentry.invoke(
        slot.prompt(
            messages=[
                *user({"text": "Use the #tool please"}),
                asked["output"]["message"],
                {"role": "user", "content": [{"toolResult": result}]},
            ],
            toolConfig=TOOLS,
        )
    )

    assert answered["sentry"]["status"] == "SETTLED"


EVERYTHING = {
    "modelId": SONNET,
    "messages": [
        *user(
            {"text": "What is the weather? Größe 🌦 <&>'\""},
            {"cachePoint": {"type": "default"}},
            {"guardContent": {"text": {"text": "guarded", "qualifiers": ["query"]}}},
        ),
        {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "Hmm", "signature": "c2ln"}}},
                {"toolUse": {"toolUseId": "t1", "name": "get_weather", "input": {"City": "Rom"}}},
            ],
        },
        *user(
            {
                "toolResult": {
                    "toolUseId": "t1",
                    "status": "success",
                    "content": [{"json": {"Degrees": 21, "sky": None, "of": [1.5, True, {}]}}],
                }
            },
            {"text": "  So?\n"},
        ),
    ],
    "system": [{"text": "Be brief."}, {"cachePoint": {"type": "default", "ttl": "1h"}}],
    "inferenceConfig": {
        "maxTokens": 2000,
        "temperature": 0.5,
        "topP": 1,
        "stopSequences": ["END"],
    },
    "toolConfig": {
        "tools": [*TOOLS["tools"], {"cachePoint": {"type": "default"}}],
        "toolChoice": {"auto": {}},
    },
    "guardrailConfig": {
        "guardrailIdentifier": "gr-1",
        "guardrailVersion": "1",
        "trace": "enabled",
    },
    "additionalModelRequestFields": {
        "top_k": 20,
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "output_config": {"CamelCase": [1, {"Some_Name": None}]},
    },
    "additionalModelResponseFieldPaths": ["/stop_sequence"],
    "requestMetadata": {"costCenter": "CamelCase"},
    "performanceConfig": {"latency": "standard"},
    "serviceTier": {"type": "default"},
    "outputConfig": {
        "textFormat": {
            "type": "json_schema",
            "structure": {"jsonSchema": {"schema": '{"type": "object"}', "name": "n"}},
        }
    },
}
"""Every field of Converse that the sentry takes, without bytes."""
FILE = base64.b64encode(bytes(range(256))).decode()
"""Bytes of every value, so that no encoding on the way leaves them as they are by chance."""
FILES = user(
    {"image": {"format": "png", "source": {"bytes": FILE}}},
    {"document": {"format": "txt", "name": "report", "source": {"bytes": FILE}}},
    {"toolResult": {"toolUseId": "t", "content": [{"image": PICTURE}]}},
    {"text": "What is in them?"},
)


@pytest.mark.parametrize(
    ("path", "more"), [("DIRECT", []), ("LAMBDA", FILES)], ids=["direct", "lambda"]
)
def test_a_model_gets_every_field_exactly_as_the_caller_sent_it(slot, path, more):
    converse = {**EVERYTHING, "messages": [*EVERYTHING["messages"], *more]}

    answer = slot.sentry.invoke(slot.prompt(**converse))

    assert answer["sentry"]["status"] == "SETTLED"
    assert answer["sentry"]["path"] == path
    assert stand_in_control.last_request(slot.sentry.cloud) == converse


def test_reasoning_content_comes_back(slot):
    answer = slot.sentry.invoke(
        slot.prompt(messages=user({"text": "Think it over #reason"}), modelId=SONNET)
    )

    kinds = [next(iter(block)) for block in answer["output"]["message"]["content"]]
    assert "reasoningContent" in kinds


def test_cache_points_are_priced_as_the_model_reports_them(slot):
    long_text = {"text": "A stable preface of the conversation. " * 200}
    request = slot.prompt(
        messages=user(long_text, {"cachePoint": {"type": "default"}}, {"text": "Go on"}),
        modelId=SONNET,
    )

    written = slot.sentry.invoke(request)
    read = slot.sentry.invoke(request)

    assert written["usage"]["cacheWriteInputTokens"] > 0
    assert read["usage"]["cacheReadInputTokens"] > 0
    assert read["sentry"]["costUsd"] < written["sentry"]["costUsd"]


@pytest.mark.parametrize(
    "block",
    [
        {"image": {"format": "png", "source": {"bytes": "PIXEL"}}},
        {"document": {"format": "txt", "name": "notes", "source": {"bytes": "PIXEL"}}},
    ],
    ids=["image", "document"],
)
def test_bytes_take_the_lambda_branch_and_the_answer_says_so(slot, block):
    [kind] = block
    source = {"bytes": base64.b64encode(b"Not much of a file").decode()}
    content = {kind: {**block[kind], "source": source}}

    answer = slot.sentry.invoke(
        slot.prompt(messages=user({"text": "What is in it?"}, content), modelId=SONNET)
    )

    assert answer["sentry"]["path"] == "LAMBDA"
    assert answer["sentry"]["status"] == "SETTLED"
    assert answer["usage"]["inputTokens"] > 0
