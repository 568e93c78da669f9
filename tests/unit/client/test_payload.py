"""What leaves for the workflow and what comes back: bytes and base64, and nothing lost."""

import base64
import io
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_sentry_client.payload import (
    REQUEST_BYTES_MAX,
    Unsendable,
    from_payload,
    to_json,
    to_payload,
)

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc"), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text("abc", min_size=1), PLAIN, max_size=4))
def test_what_json_can_hold_arrives_as_it_was(request_):
    assert json.loads(to_payload(request_)) == request_


@given(st.binary(max_size=200))
def test_bytes_leave_as_base64_and_come_back_as_bytes(content):
    block = {"image": {"format": "png", "source": {"bytes": content}}}

    sent = json.loads(to_payload({"content": [block]}))
    answer = {"output": {"message": {"role": "assistant", "content": sent["content"]}}}
    received = from_payload(answer)["output"]["message"]["content"][0]

    assert base64.b64decode(sent["content"][0]["image"]["source"]["bytes"]) == content
    assert received == block


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, io.BytesIO])
def test_every_kind_of_content_that_boto3_takes_is_taken(kind):
    assert json.loads(to_payload({"bytes": kind(b"abc")})) == {"bytes": "YWJj"}


def test_redacted_reasoning_comes_back_as_bytes():
    content = [{"reasoningContent": {"redactedContent": base64.b64encode(b"\x00\xff").decode()}}]

    got = from_payload({"output": {"message": {"role": "assistant", "content": content}}})

    block = got["output"]["message"]["content"][0]
    assert block["reasoningContent"]["redactedContent"] == b"\x00\xff"


def test_free_json_comes_back_untouched_even_where_it_looks_like_base64():
    tool = {"toolUse": {"toolUseId": "t", "name": "look", "input": {"bytes": "YWJj", "n": [1, {}]}}}
    answer = {"output": {"message": {"role": "assistant", "content": [tool]}}}

    assert from_payload(answer) == answer


def test_decimals_become_numbers():
    sent = json.loads(to_payload({"topP": Decimal("0.5"), "count": Decimal(3)}))

    assert sent == {"topP": 0.5, "count": 3}


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), Decimal("NaN"), Decimal("-Infinity")]
)
def test_a_number_that_is_none_is_refused_by_its_field(value):
    with pytest.raises(Unsendable) as refused:
        to_payload({"inferenceConfig": {"temperature": value}})

    assert refused.value.error["field"] == "inferenceConfig.temperature"
    assert refused.value.error["allowed"] == "a finite number"


def test_what_json_has_no_word_for_is_refused_by_its_field():
    with pytest.raises(Unsendable, match=r"messages\[0\].content: it is a set"):
        to_payload({"messages": [{"content": {1, 2}}]})


def test_half_a_character_is_refused():
    with pytest.raises(Unsendable, match="half a character"):
        to_payload({"text": "\ud800"})


def test_endless_nesting_is_refused_before_the_stack_ends():
    deep: dict = {}
    for _ in range(5_000):
        deep = {"a": deep}

    with pytest.raises(Unsendable, match="nested too deep"):
        to_payload(deep)


def test_the_largest_request_is_sent_and_one_byte_more_is_refused_with_the_limit_named():
    frame = len(to_payload({"text": ""}))
    largest = "ü" * ((REQUEST_BYTES_MAX - frame) // 2) + "a" * ((REQUEST_BYTES_MAX - frame) % 2)

    assert len(to_payload({"text": largest}).encode()) == REQUEST_BYTES_MAX
    with pytest.raises(Unsendable, match=r"262145 bytes.*at most 262144 bytes \(256 KiB\)"):
        to_payload({"text": largest + "a"})


def test_a_response_becomes_json_with_its_bytes_as_base64():
    assert to_json({"a": [b"abc", 1]}) == {"a": ["YWJj", 1]}
