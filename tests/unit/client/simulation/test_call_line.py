"""One line of a file of requests, or all that is wrong with it."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from cost_sentry.application.simulated_answers import Repeatable
from cost_sentry.domain.errors import RequestRefused
from cost_sentry.domain.token_bound import counted_bound_tokens
from cost_sentry.domain.usage import TokenUsage
from cost_sentry_client.simulation.call_line import parse_line

SECRET = "the printer is on fire"
PLAIN = {
    "modelId": "us.amazon.nova-lite-v1:0",
    "tags": {"team": "search"},
    "messages": [{"role": "user", "content": [{"text": SECRET}]}],
}
SIZED = {name: value for name, value in PLAIN.items() if name != "messages"}

USED = {"inputTokens": 374, "outputTokens": 44}


def parse(line, **more):
    text = line if isinstance(line, bytes) else json.dumps({**line, **more}).encode()
    return parse_line(text, default_request_id="line-7")


def problems(line, **more):
    with pytest.raises(RequestRefused) as caught:
        parse(line, **more)
    assert SECRET not in str(caught.value)
    return {error.field: error.problem for error in caught.value.errors}


def test_a_request_as_applications_send_it_is_a_line():
    found = parse(PLAIN)

    assert (found.request.request_id, found.request.model_id) == ("line-7", PLAIN["modelId"])
    assert found.request.input_bound_tokens > len(SECRET)
    assert found.request.converse == {}
    assert (found.at, found.duration, found.usage, found.prompt_tokens) == (None, None, None, None)


def test_what_became_of_it_stands_beside_it():
    found = parse(
        PLAIN,
        at="2026-11-27T10:30:00.123456+01:00",
        durationSeconds=2.5,
        usage={"inputTokens": 20, "outputTokens": 9, "cacheReadInputTokens": 4, "totalTokens": 33},
    )

    assert found.at == datetime(2026, 11, 27, 9, 30, 0, 123_000, tzinfo=UTC)
    assert found.duration == timedelta(seconds=2.5)
    assert found.usage == TokenUsage(input_tokens=20, output_tokens=9, cache_read_tokens=4)
    assert found.prompt_tokens == 24


@pytest.mark.parametrize(
    "given", [{"inputTokens": 374}, {"usage": {"inputTokens": 374, "outputTokens": 44}}]
)
def test_tokens_may_stand_in_place_of_text(given):
    found = parse(SIZED, **given)

    assert found.request.input_bound_tokens == counted_bound_tokens(374)
    assert (found.request.input_floor_tokens, found.prompt_tokens) == (374, 374)
    assert found.request.needs.modalities == {"text"}


def test_two_lines_of_tokens_are_two_requests():
    first, second = parse(SIZED, inputTokens=5), parse(SIZED, inputTokens=6, priority="low")

    assert first.request.digest != second.request.digest


@pytest.mark.parametrize(
    ("more", "field", "problem"),
    [
        ({"at": "yesterday"}, "at", "is a string of 9 characters"),
        ({"at": "2026-11-27T10:30:00"}, "at", "is 2026-11-27T10:30:00"),
        ({"at": "1026-11-27T10:30:00Z"}, "at", "is 1026-11-27T10:30:00Z"),
        ({"at": 5}, "at", "is 5"),
        ({"at": None}, "at", "is null"),
        ({"durationSeconds": -1}, "durationSeconds", "is -1"),
        ({"durationSeconds": True}, "durationSeconds", "is true"),
        ({"durationSeconds": float("nan")}, "durationSeconds", "is NaN"),
        ({"durationSeconds": 86_401}, "durationSeconds", "is 86401"),
        ({"durationSeconds": 10**400}, "durationSeconds", "is an integer of 1329 bits"),
        ({"usage": {"inputTokens": 5}}, "usage.outputTokens", "is missing"),
        ({"usage": {**USED, "inputTokens": -1}}, "usage.inputTokens", "is -1"),
        ({"usage": {**USED, "outputTokens": True}}, "usage.outputTokens", "is true"),
        ({"usage": {**USED, "outputTokens": None}}, "usage.outputTokens", "is null"),
        ({"usage": {**USED, "cacheReadInputTokens": 0.5}}, "usage.cacheReadInputTokens", "is 0.5"),
        ({"usage": {**USED, "cacheDetails": 5}}, "usage.cacheDetails", "is 5"),
        (
            {"usage": {**USED, "cacheDetails": [{"ttl": "1h", "inputTokens": -2}]}},
            "usage.cacheDetails[0].inputTokens",
            "is -2",
        ),
        ({"usage": []}, "usage", "is a list of 0 items"),
        ({"usage": None}, "usage", "is null"),
        ({"inputTokens": 5}, "inputTokens", "stands beside messages"),
        ({"priority": "urgent"}, "priority", 'is "urgent"'),
        ({"frobnicate": 1}, "frobnicate", "is not a known field"),
        ({"tags": {}}, "tags.team", "is missing"),
    ],
)
def test_what_is_wrong_is_named_with_its_field(more, field, problem):
    assert problems(PLAIN, **more) == {field: problem}


@pytest.mark.parametrize("given", [0, -1, 1.5, True, "5", None, 2**31])
def test_a_count_that_is_none_is_refused(given):
    assert list(problems(SIZED, inputTokens=given)) == ["inputTokens"]


def test_a_line_with_neither_messages_nor_tokens_says_what_is_missing():
    assert problems(SIZED)["messages"] == "is missing"


def test_everything_that_is_wrong_with_a_line_is_told_at_once():
    assert list(problems(PLAIN, at=1, usage=2, durationSeconds=-3, tags={})) == [
        "usage",
        "at",
        "durationSeconds",
        "tags.team",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"{", "is not JSON from character 2 on"),
        (b'{"a": "the printer is on fire', "is not JSON from character 7 on"),
        (b'"the printer is on fire"', "is a string of 22 characters"),
        (b"[1]", "is a list of 1 item"),
        (b"\xff", "is not UTF-8"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "has a number of too many digits"),
        (b"[" * 100_000, "is nested too deeply"),
    ],
)
def test_what_is_no_object_is_refused_without_a_word_of_it(text, problem):
    assert problems(text) == {"request": problem}


@pytest.mark.parametrize(
    ("line", "repeatable"),
    [
        ({**PLAIN, "inferenceConfig": {"temperature": 0}}, Repeatable.ALWAYS),
        (PLAIN, Repeatable.IF_ASKED),
        ({**PLAIN, "answerCache": "off"}, Repeatable.NEVER),
        ({**SIZED, "inputTokens": 7, "inferenceConfig": {"temperature": 0}}, Repeatable.NO_TEXT),
    ],
)
def test_a_line_with_its_messages_says_whether_a_kept_answer_may_serve_it(line, repeatable):
    assert parse(line).repeatable is repeatable


def test_lines_that_ask_the_same_have_the_same_digest_whatever_their_ids_and_times():
    first, second, other = (
        parse(PLAIN, requestId="a", at="2026-11-27T09:30:00Z"),
        parse(PLAIN, requestId="b"),
        parse(PLAIN, inferenceConfig={"maxTokens": 9}),
    )

    assert first.request.digest == second.request.digest != other.request.digest
