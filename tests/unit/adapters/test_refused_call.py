"""A prompt that Bedrock finds too long is named to the caller like one that the sentry refuses."""

import pytest

from cost_sentry.adapters.packaged_price_book import PackagedPriceBook
from cost_sentry.adapters.refused_call import with_refusal

MICRO = "us.amazon.nova-micro-v1:0"
BLOCK = {"requestId": "r1", "modelUsed": MICRO, "status": "VOIDED", "errors": []}


CARDS = PackagedPriceBook()


def refused(cause, name="BedrockRuntime.ValidationException", card_of=CARDS.card):
    return with_refusal(BLOCK, {"Error": name, "Cause": cause}, card_of)


@pytest.mark.parametrize(
    "cause",
    [
        "Input is too long for requested model. (Service: BedrockRuntime, Status Code: 400)",
        "The model returned the following errors: prompt is too long: 200049 > 200000 maximum",
        "input length and `max_tokens` exceed context limit: 199000 + 4096 > 200000",
        "This model's maximum context length is 131072 tokens. Please reduce the length",
        "Input Tokens Exceeded: Number of input tokens exceeds maximum length",
        "Too many input tokens. Max input tokens: 42000, request input token count: 50000",
    ],
)
@pytest.mark.parametrize("name", ["BedrockRuntime.ValidationException", "ValidationException"])
def test_the_field_and_the_context_window_are_named(cause, name):
    [error] = refused(cause, name)["errors"]

    assert error["field"] == "messages"
    assert error["allowed"] == f"at most 128000 tokens, the context window of {MICRO}"
    assert "too long" in error["problem"]


@pytest.mark.parametrize(
    ("cause", "name"),
    [
        ("Too many tokens, please wait before trying again.", "BedrockRuntime.ThrottlingException"),
        ("Input is too long for requested model.", "BedrockRuntime.ThrottlingException"),
        ("messages.1.content.0.tool_use.id: String too long", "BedrockRuntime.ValidationException"),
        ("The model identifier is invalid.", "BedrockRuntime.ValidationException"),
        ("", "ValidationException"),
    ],
)
def test_any_other_refusal_leaves_the_block_as_it_is(cause, name):
    assert refused(cause, name) == BLOCK


def test_a_model_that_nobody_wrote_down_is_named_without_a_number():
    [error] = refused("Input is too long for requested model.", card_of=lambda _: None)["errors"]

    assert error["allowed"] == f"at most the context window of {MICRO}"


def test_nothing_that_bedrock_said_is_quoted():
    told = refused('Input is too long for requested model: "secret"')

    assert "secret" not in str(told["errors"])
