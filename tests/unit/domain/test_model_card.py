import dataclasses

import pytest

from cost_sentry.domain.invocation import Needs
from cost_sentry.domain.model_card import ModelCard

ABLE = ModelCard(
    model_id="amazon.nova-pro-v1:0",
    context_tokens=1000,
    output_tokens_max=100,
    modalities=frozenset({"text", "image"}),
    tools=True,
    system=True,
    streaming=True,
    prompt_cache=True,
    system_messages=True,
)
EVERYTHING = Needs(
    modalities=frozenset({"text", "image"}),
    tools=True,
    system=True,
    system_message=2,
    streaming=True,
    prompt_cache=True,
)


def test_a_model_that_can_do_everything_asked_lacks_nothing():
    assert ABLE.lacks(EVERYTHING, prompt_tokens=900, output_tokens=100) is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"modalities": frozenset({"text"})}, "it takes no image"),
        ({"tools": False}, "it has no tool use"),
        ({"system": False}, "it takes no system prompt"),
        ({"system_messages": False}, "it takes no messages of role system"),
        ({"streaming": False}, "it does not stream"),
        ({"prompt_cache": False}, "it has no prompt cache"),
        ({"output_tokens_max": 99}, "it writes at most 99 tokens"),
        ({"context_tokens": 999}, "its context window is 999 tokens"),
    ],
)
def test_each_missing_ability_is_named(change, why):
    card = dataclasses.replace(ABLE, **change)

    assert card.lacks(EVERYTHING, prompt_tokens=900, output_tokens=100) == why


def test_all_missing_modalities_are_named_at_once():
    needs = Needs(modalities=frozenset({"text", "video", "audio"}))

    assert ABLE.lacks(needs, prompt_tokens=1, output_tokens=1) == "it takes no audio or video"


def test_what_is_not_needed_is_not_missed():
    card = dataclasses.replace(ABLE, tools=False, system=False, streaming=False, prompt_cache=False)

    assert card.lacks(Needs(), prompt_tokens=900, output_tokens=100) is None


def test_parts_made_for_another_provider_are_refused_unless_the_card_takes_them():
    needs = Needs(vendor_parts=frozenset({"outputConfig", "reasoningContent"}))
    strict = dataclasses.replace(ABLE, takes=frozenset({"outputConfig"}))
    open_ = dataclasses.replace(ABLE, takes=needs.vendor_parts)
    sonnet = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"

    assert strict.refuses(needs, sonnet) == (
        "it does not take reasoningContent made for anthropic models"
    )
    assert open_.refuses(needs, sonnet) is None
    assert ABLE.refuses(needs, "eu.amazon.nova-lite-v1:0") is None
    assert ABLE.refuses(Needs(), sonnet) is None


def test_a_quote_is_bounded_by_the_largest_window_that_may_exist():
    nominal = dataclasses.replace(ABLE, context_tokens=128_000)
    beta = dataclasses.replace(ABLE, context_tokens=200_000, context_tokens_ceiling=1_000_000)

    assert nominal.prompt_tokens_ceiling >= 131_072
    assert beta.prompt_tokens_ceiling == 1_000_000
    assert beta.lacks(Needs(), prompt_tokens=200_001, output_tokens=1) is not None
