"""Nothing malformed leaves a reservation, spends, or answers with a stack trace."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.e2e.sentry_kit import NOVA_MICRO, NOVA_PRO, SONNET

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("cloud")]

TEAM = {"team": "search"}


SIGNS = ";!?." * 52_000
"""208,000 tokens of any tokenizer that has none of several such signs."""


def said(*roles: str) -> list[dict]:
    return [{"role": role, "content": [{"text": "hello"}]} for role in roles]


def nested(depth: int) -> dict:
    value: dict = {}
    for _ in range(depth):
        value = {"deeper": value}
    return value


BAD = {
    "no messages": ({"messages": []}, "messages"),
    "a message without content": ({"messages": [{"role": "user", "content": []}]}, "messages[0]"),
    "a blank text": ({"messages": [{"role": "user", "content": [{"text": " "}]}]}, "messages[0]"),
    "messages of the wrong type": ({"messages": "hello"}, "messages"),
    "a first message of the assistant": (
        {"messages": said("assistant", "user")},
        "messages[0].role",
    ),
    "a first message of the system": ({"messages": said("system", "user")}, "messages[0].role"),
    "a message of a role that the model does not take": (
        {"messages": said("user", "system")},
        "messages[1].role",
    ),
    "a prompt longer than the window of a model that can be counted": (
        {"modelId": SONNET, "messages": [{"role": "user", "content": [{"text": SIGNS}]}]},
        "messages",
    ),
    "an unknown field": ({"modelID": NOVA_PRO}, "modelID"),
    "an unknown nested field": ({"inferenceConfig": {"maxTokenz": 5}}, "inferenceConfig.maxTokenz"),
    "an unknown model": ({"modelId": "example.unknown-v1:0"}, "modelId"),
    "no tokens": ({"inferenceConfig": {"maxTokens": 0}}, "inferenceConfig.maxTokens"),
    "negative maxTokens": ({"inferenceConfig": {"maxTokens": -5}}, "inferenceConfig.maxTokens"),
    "huge maxTokens": ({"inferenceConfig": {"maxTokens": 10**12}}, "inferenceConfig.maxTokens"),
    "too many tokens": ({"inferenceConfig": {"maxTokens": 20_000}}, "inferenceConfig.maxTokens"),
    "fractional maxTokens": ({"inferenceConfig": {"maxTokens": 1.5}}, "inferenceConfig.maxTokens"),
    "maxTokens as text": ({"inferenceConfig": {"maxTokens": "9"}}, "inferenceConfig.maxTokens"),
    "tags of the wrong type": ({"tags": ["team"]}, "tags"),
    "a tag that is no text": ({"tags": {**TEAM, "project": 7}}, "tags.project"),
    "a tag that is too long": ({"tags": {**TEAM, "project": "x" * 129}}, "tags.project"),
    "a tag with a control character": ({"tags": {**TEAM, "project": "a\u0007"}}, "tags.project"),
    "a tag with a hash sign": ({"tags": {**TEAM, "project": "a#b"}}, "tags.project"),
    "half a surrogate pair in a tag": ({"tags": {**TEAM, "project": "a\ud800"}}, "tags.project"),
    "half a surrogate pair in a text": (
        {"messages": [{"role": "user", "content": [{"text": "\udc00 hello"}]}]},
        "messages[0].content[0].text",
    ),
    "half a surrogate pair in a name": (
        {"additionalModelRequestFields": {"\ud800": 1}},
        "additionalModelRequestFields",
    ),
    "a request id with a blank": ({"requestId": "a b"}, "requestId"),
    "an unknown priority": ({"priority": "urgent"}, "priority"),
    "deep nesting": ({"additionalModelRequestFields": nested(300)}, "additionalModelRequestFields"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_malformed_is_refused_with_its_field_and_what_is_allowed(slot, what):
    change, field = BAD[what]
    before = slot.sentry.books.pending()
    if "tags" not in change:
        change = {**change, "tags": {"team": "search", **slot.budget.scope}}

    answer = slot.sentry.start({**slot.prompt(), **change})

    assert answer["status"] == "SUCCEEDED"
    block = json.loads(answer["output"])["sentry"]
    assert block["decision"] == "REJECT"
    assert any(e["field"].startswith(field) and e["allowed"] for e in block["errors"]), block
    assert "Traceback" not in answer["output"]
    assert slot.sentry.books.pending() == before
    assert slot.balance().left == slot.budget.limit


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_json_never_starts(slot, value):
    """JSON has no NaN: Step Functions itself refuses the input, before anything is asked."""
    with pytest.raises(ClientError, match="InvalidExecutionInput"):
        slot.sentry.start(slot.prompt(inferenceConfig={"temperature": value}))

    assert slot.pending() == []


def test_a_prompt_above_the_size_limit_is_refused_and_names_the_limit(slot):
    answer = slot.sentry.invoke(slot.prompt("word " * 49_500))

    assert answer["sentry"]["decision"] == "REJECT"
    assert "256 KiB" in json.dumps(answer["sentry"]["errors"])
    assert slot.balance().left == slot.budget.limit


def test_a_missing_output_limit_gets_the_configured_default(slot):
    request = slot.prompt()
    del request["inferenceConfig"]

    assert slot.sentry.invoke(request)["sentry"]["maxTokens"] == 1024


@pytest.mark.parametrize("tokens", [10_001, 10**12])
def test_too_many_tokens_are_refused_with_the_limit_of_the_model(slot, tokens):
    answer = slot.sentry.invoke(slot.prompt(inferenceConfig={"maxTokens": tokens}))

    [error] = answer["sentry"]["errors"]
    assert (error["field"], error["allowed"]) == ("inferenceConfig.maxTokens", "1 to 10000")


def test_a_counted_prompt_that_is_too_long_is_refused_by_its_count_and_no_model_is_called(slot):
    before = slot.sentry.billed()["calls"]

    answer = slot.sentry.invoke(slot.prompt(SIGNS, modelId=SONNET))

    block = answer["sentry"]
    assert (block["decision"], block["code"]) == ("REJECT", "MODEL_UNSUITABLE")
    [error] = block["errors"]
    assert error["problem"].startswith("the prompt has 2080")
    assert error["allowed"] == f"at most 200000, the context window of {SONNET}"
    new = slot.sentry.billed()["calls"][len(before) :]
    assert [call["operation"] for call in new] == ["CountTokens"]


def test_a_prompt_too_long_for_a_model_that_cannot_be_counted_fails_with_the_same_field(slot):
    """Amazon Bedrock is the check, unbilled: the money goes back, and the caller is told."""
    failed = slot.sentry.start(slot.prompt(SIGNS, modelId=NOVA_MICRO))

    assert (failed["status"], failed["error"]) == ("FAILED", "BedrockRuntime.ValidationException")
    block = json.loads(failed["cause"])["sentry"]
    assert block["status"] == "VOIDED"
    [error] = block["errors"]
    assert error["field"] == "messages"
    assert error["allowed"] == f"at most 128000 tokens, the context window of {NOVA_MICRO}"
    assert slot.pending() == []
    balance = slot.balance()
    assert (balance.posted, balance.left) == (0, slot.budget.limit)
