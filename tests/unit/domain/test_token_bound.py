import base64
import json
import unicodedata
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cost_sentry.domain import token_bound
from cost_sentry.domain.token_bound import (
    COUNT_MARGIN_TOKENS,
    TOOLS_FRAMING_TOKENS,
    UNBOUNDED_TOKENS,
    counted_bound_tokens,
    expected_tokens,
    input_bound_tokens,
    input_floor_tokens,
    text_bound_tokens,
)
from tests.fakes.converse_values import DOCUMENTS
from tests.fakes.valid_requests import valid_requests

TEXTS = st.text(st.characters(codec="utf-8"), max_size=200)
SLOW_TO_DRAW = settings(deadline=None, suppress_health_check=list(HealthCheck))


def prompt(*blocks: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": list(blocks)}], **fields}


def document(format_: str, source: dict[str, Any]) -> dict[str, Any]:
    return {"document": {"format": format_, "name": "n", "source": source}}


def b64(size_bytes: int) -> str:
    return base64.b64encode(b"x" * size_bytes).decode()


@given(TEXTS)
def test_a_text_is_bounded_by_its_bytes_in_every_normal_form_composed(text):
    for form in ("NFC", "NFKC"):
        assert text_bound_tokens(text) > len(unicodedata.normalize(form, text).encode())
    assert text_bound_tokens(text) > len(text.encode())


def test_a_character_that_normalisation_makes_eleven_times_longer_is_bounded():
    assert text_bound_tokens("\ufdfa") == 34


@given(TEXTS, TEXTS, TEXTS)
def test_the_bound_covers_the_bytes_of_every_text(text, system, result):
    converse = prompt(
        {"text": text},
        {"toolResult": {"toolUseId": "t", "content": [{"text": result}]}},
        system=[{"text": system}],
    )

    assert input_bound_tokens(converse) > len((text + system + result).encode())


@given(DOCUMENTS)
def test_the_bound_covers_a_tool_schema_as_indented_json(schema):
    plain = input_bound_tokens(prompt({"text": "hi"}))
    tool = {"toolSpec": {"name": "t", "inputSchema": {"json": schema}}}

    bound = input_bound_tokens(prompt({"text": "hi"}, toolConfig={"tools": [tool]}))

    assert bound > plain + len(json.dumps(schema, indent=4))


PUBLISHED = {
    "bash_20250124": 325,
    "text_editor_20250728": 700,
    "computer_20250124": 735 + 499,
}
"""Tokens of a prompt that Anthropic adds for a tool of its own, the most of all models."""


@pytest.mark.parametrize("kind", PUBLISHED)
def test_a_tool_that_its_provider_defines_counts_more_than_its_provider_says(kind):
    tools = [{"type": kind, "name": "t"}]
    plain = input_bound_tokens(prompt({"text": "hi"}))

    one = input_bound_tokens(prompt({"text": "hi"}, additionalModelRequestFields={"tools": tools}))
    two = input_bound_tokens(
        prompt({"text": "hi"}, additionalModelRequestFields={"tools": tools * 2})
    )

    assert one - plain > TOOLS_FRAMING_TOKENS + PUBLISHED[kind] * 1.5
    assert two - one > PUBLISHED[kind] * 1.5


def test_tools_of_ones_own_among_the_additional_fields_count_the_instructions_too():
    own = {"tools": [{"name": "t", "input_schema": {}}]}
    plain = input_bound_tokens(prompt({"text": "hi"}))

    bound = input_bound_tokens(prompt({"text": "hi"}, additionalModelRequestFields=own))

    assert bound > plain + TOOLS_FRAMING_TOKENS + len(json.dumps(own))


@given(DOCUMENTS)
def test_the_bound_covers_tool_inputs_results_and_additional_fields(given_json):
    size = len(json.dumps(given_json, ensure_ascii=False).encode())
    converse = prompt(
        {"toolUse": {"toolUseId": "t", "name": "n", "input": given_json}},
        {"toolResult": {"toolUseId": "t", "content": [{"json": given_json}]}},
        additionalModelRequestFields=given_json,
    )

    assert input_bound_tokens(converse) > 3 * size


@SLOW_TO_DRAW
@given(valid_requests())
def test_the_floor_is_never_above_the_bound(request):
    assert 0 <= input_floor_tokens(request) <= input_bound_tokens(request)


@SLOW_TO_DRAW
@given(valid_requests(), TEXTS)
def test_more_content_never_lowers_bound_or_floor(request, text):
    more = dict(request)
    more["messages"] = [*request["messages"], {"role": "user", "content": [{"text": text}]}]

    assert input_bound_tokens(more) > input_bound_tokens(request)
    assert input_floor_tokens(more) >= input_floor_tokens(request)


@given(st.text("ab .,!\n\t\x1c\u200b\u3000é", max_size=300))
def test_the_floor_is_below_a_tokenizer_with_tokens_of_four_words(text):
    words = [w for w in text.split(" ") if any(c.isalnum() for c in w)]
    superword_tokens = -(-len(words) // 4)

    assert input_floor_tokens(prompt({"text": text})) <= superword_tokens


@given(st.text(" \t\n\u200b\u00ad\ufeff", max_size=100))
def test_a_prompt_that_a_tokenizer_may_drop_whole_has_floor_zero(text):
    assert input_floor_tokens(prompt({"text": text}, system=[{"text": text}])) == 0


def test_many_plain_words_must_have_many_tokens():
    assert input_floor_tokens(prompt({"text": "word " * 40_000})) == 10_000


def test_the_size_of_an_image_file_does_not_count():
    small, large = (
        input_bound_tokens(prompt({"image": {"format": "png", "source": {"bytes": b64(size)}}}))
        for size in (10, 100_000)
    )

    assert small == large > token_bound.IMAGE_TOKENS


def test_an_image_inside_a_tool_result_counts_like_any_other():
    image = {"image": {"format": "png", "source": {"bytes": b64(10)}}}
    nested = prompt({"toolResult": {"toolUseId": "t", "content": [image, image]}})

    assert input_bound_tokens(nested) > 2 * token_bound.IMAGE_TOKENS


@pytest.mark.parametrize("format_", ["csv", "html", "txt", "md"])
def test_a_text_file_counts_four_times_its_bytes(format_):
    bound = input_bound_tokens(prompt(document(format_, {"bytes": b64(3_000)})))

    assert 12_000 <= bound < 12_000 + 2_000


@pytest.mark.parametrize(
    "block",
    [
        document("pdf", {"bytes": b64(10)}),
        document("docx", {"bytes": b64(10)}),
        {"document": {"name": "n", "source": {"bytes": b64(10)}}},
        {"video": {"format": "mp4", "source": {"bytes": b64(10)}}},
        {"audio": {"format": "mp3", "source": {"bytes": b64(10)}}},
    ],
)
def test_a_file_whose_content_nobody_can_see_fills_any_context_window(block):
    assert input_bound_tokens(prompt(block)) > UNBOUNDED_TOKENS


@given(TEXTS)
def test_a_document_given_as_text_counts_its_bytes(text):
    for source in ({"text": text}, {"content": [{"text": text}]}):
        bound = input_bound_tokens(prompt(document("txt", source)))
        assert len(text.encode()) < bound < UNBOUNDED_TOKENS


@pytest.mark.parametrize("size", [0, 45, 400, 5_000, 200_000])
def test_a_text_is_expected_to_have_a_token_for_four_bytes_and_a_few_for_its_message(size):
    bound = input_bound_tokens(prompt({"text": "x" * size}))

    assert size // 4 < expected_tokens(bound, 0) <= size // 4 + 40


def test_a_file_of_unknown_length_is_expected_to_have_as_many_tokens_as_any_other():
    text = {"text": "x" * 4_000}
    small, large = (prompt(text, document("pdf", {"bytes": b64(size)})) for size in (10, 9_000))
    alone, one, other = (
        expected_tokens(input_bound_tokens(each), 0) for each in (prompt(text), small, large)
    )

    assert one == other
    assert 0 <= one - alone - token_bound.FILE_TOKENS_EXPECTED < 40


@given(st.integers(0, 3 * UNBOUNDED_TOKENS), st.integers(0, UNBOUNDED_TOKENS))
def test_no_prompt_is_expected_to_be_shorter_than_it_must_be_or_longer_than_it_can_be(bound, floor):
    least = min(bound, floor)

    assert max(least, 1) <= expected_tokens(bound, least) <= max(bound, 1)


def test_only_spaces_surely_separate_tokens():
    assert input_floor_tokens(prompt({"text": "a\nb\tc\x1cd\u3000e " * 3})) == 0


def test_a_chat_template_may_indent_a_deep_schema():
    deep = {"a": {"b": {"c": [[[[[[1], [2]], [3]], [4]], [5]], [6]]}}}
    indented = len(json.dumps(deep, indent=4))
    assert indented > 4 * len(json.dumps(deep))

    without, with_it = (
        input_bound_tokens(prompt({"toolUse": {"toolUseId": "t", "name": "n", "input": given}}))
        for given in ({}, deep)
    )

    assert with_it - without >= indented - len("{}")


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_counted_bound_is_above_its_count_and_rises_with_it(count, more):
    bound = counted_bound_tokens(count)

    assert count + COUNT_MARGIN_TOKENS <= bound
    assert bound <= counted_bound_tokens(count + more)


def test_a_long_prompts_count_has_three_percent_of_room():
    assert counted_bound_tokens(100_000) == 103_189


def test_what_the_model_never_reads_adds_nothing():
    plain = prompt({"text": "hi"})
    unread = {
        "inferenceConfig": {"maxTokens": 5, "stopSequences": ["x" * 500]},
        "requestMetadata": {"job": "x" * 256},
        "additionalModelResponseFieldPaths": ["/stop_sequence"],
        "performanceConfig": {"latency": "standard"},
        "serviceTier": {"type": "default"},
    }

    assert set(unread) == token_bound.NO_PROMPT_FIELDS
    assert input_bound_tokens({**plain, **unread}) == input_bound_tokens(plain)


@pytest.mark.parametrize("field", ["system", "toolConfig", "guardrailConfig", "outputConfig"])
def test_what_the_model_may_read_always_counts(field):
    plain = prompt({"text": "hi"})

    assert input_bound_tokens({**plain, field: {"a": "b"}}) > input_bound_tokens(plain)
