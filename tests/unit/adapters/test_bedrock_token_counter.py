"""CountTokens: the exact number, or nothing; never the prompt, never a wait of over a second."""

import base64
import json
import threading
import time

import boto3
import pytest
from botocore.exceptions import ParamValidationError

from cost_sentry.adapters import bedrock_token_counter as counting
from cost_sentry.adapters.bedrock_token_counter import (
    BedrockTokenCounter,
    count_tokens_client,
)
from cost_sentry.adapters.converse_shapes import converse_operation
from cost_sentry.application.ports import Uncounted
from tests.fakes.builders import ManualClock
from tests.fakes.model_server import model_server

SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"
PROMPT = "the patient's diagnosis is secret and nobody may read it in a log"
CONVERSE = {"messages": [{"role": "user", "content": [{"text": PROMPT}]}]}


@pytest.fixture(autouse=True)
def _credentials(monkeypatch):
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it keeps the first credentials it finds
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture
def server(monkeypatch):
    with model_server() as told:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", told.url)
        told.body = json.dumps({"inputTokens": 17}).encode()
        yield told


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def counter(clock):
    return BedrockTokenCounter(clock, count_tokens_client)


def test_the_count_is_bedrocks_for_the_model_behind_the_profile(server, counter):
    assert counter.count(SONNET, CONVERSE) == 17

    assert server.paths == [
        "/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/count-tokens",
    ]
    assert server.received == [{"input": {"converse": CONVERSE}}]


def test_everything_that_becomes_prompt_is_sent_and_nothing_else(server, counter):
    blob = base64.b64encode(b"\x89PNG").decode()
    image = {"image": {"format": "png", "source": {"bytes": blob}}}
    prompt = {
        "messages": [{"role": "user", "content": [image]}],
        "system": [{"text": "Be brief."}],
        "toolConfig": {"tools": [{"toolSpec": {"name": "t", "inputSchema": {"json": {"a": 1}}}}]},
        "additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
    }
    rest = {"inferenceConfig": {"maxTokens": 5}, "requestMetadata": {"a": "b"}}

    assert counter.count(SONNET, {**prompt, **rest}) == 17

    assert server.received == [{"input": {"converse": prompt}}]


@pytest.mark.parametrize("field", ["outputConfig", "guardrailConfig"])
def test_what_adds_to_a_prompt_unseen_is_not_counted(server, counter, field):
    """A schema for the output; tags in the place of masked words."""
    found = counter.count(SONNET, {**CONVERSE, field: {}})

    assert found == Uncounted(f"{field} cannot be counted")
    assert server.received == []


def test_every_field_of_converse_is_counted_or_adds_nothing_or_stops_the_count(server, counter):
    """A field that a newer botocore brings must be put somewhere."""
    uncountable = {"modelId", "promptVariables", "outputConfig", "guardrailConfig"}

    assert counting._COUNTABLE | uncountable == set(converse_operation().input_shape.members)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (429, "ThrottlingException"),
        (403, "AccessDeniedException"),
        (404, "ResourceNotFoundException"),
        (400, "ValidationException"),
        (500, "InternalServerException"),
        (503, "ServiceUnavailableException"),
    ],
)
def test_a_refusal_is_no_count_and_says_only_its_name(server, counter, status, code):
    server.fails(status, code, f"I do not like {PROMPT}")

    assert counter.count(SONNET, CONVERSE) == Uncounted(code)
    assert len(server.received) == 1


def test_a_silent_bedrock_is_waited_for_less_than_a_second_and_once(server, counter):
    server.stalls_until = threading.Event()
    began = time.monotonic()

    assert counter.count(SONNET, CONVERSE) == Uncounted("ReadTimeoutError")

    assert len(server.received) == 1
    server.stalls_until.set()
    config = count_tokens_client().meta.config
    assert config.connect_timeout + config.read_timeout <= 1
    assert config.retries["total_max_attempts"] == 1
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("body", [b"{}", b"no json", b'{"inputTokens": -3}', b"[1]"])
def test_an_answer_without_a_count_is_none(server, counter, body):
    server.body = body

    assert isinstance(counter.count(SONNET, CONVERSE), Uncounted)


def test_a_connection_that_is_cut_is_no_count(server, counter):
    server.hangs_up = True

    assert isinstance(counter.count(SONNET, CONVERSE), Uncounted)


def test_what_boto3_does_not_take_is_no_count(counter, clock):
    class Strict:
        def count_tokens(self, **_):
            raise ParamValidationError(report=PROMPT)

    strict = BedrockTokenCounter(clock, Strict)

    assert strict.count(SONNET, CONVERSE) == Uncounted("ParamValidationError")


def test_no_base64_is_no_count(server, counter):
    image = {"image": {"format": "png", "source": {"bytes": "***"}}}

    found = counter.count(SONNET, {"messages": [{"role": "user", "content": [image]}]})

    assert isinstance(found, Uncounted)


@pytest.mark.parametrize(
    ("failure", "others_too"),
    [
        ((429, "ThrottlingException", "slow down"), True),
        ((503, "ServiceUnavailableException", "down"), True),
        ((403, "AccessDeniedException", "not you"), False),
        ((400, "ValidationException", "This model doesn't support counting tokens."), False),
    ],
)
def test_a_failure_that_would_come_again_is_not_asked_for_again_for_a_minute(
    server, counter, clock, failure, others_too
):
    code = failure[1]
    server.fails(*failure)
    counter.count(SONNET, CONVERSE)

    clock.advance(seconds=59)
    again = counter.count(SONNET, CONVERSE)
    other = counter.count(HAIKU, CONVERSE)

    assert again == Uncounted(f"{code} within a minute")
    assert other == Uncounted(f"{code} within a minute" if others_too else code)
    asked = len(server.received)
    clock.advance(seconds=1)
    server.status, server.error_code = 200, ""
    server.body = json.dumps({"inputTokens": 17}).encode()
    assert counter.count(SONNET, CONVERSE) == 17
    assert len(server.received) == asked + 1


def test_a_prompt_that_bedrock_refuses_does_not_stop_the_counting_of_others(server, counter):
    server.fails(400, "ValidationException", "messages must alternate")
    counter.count(SONNET, CONVERSE)
    server.status, server.error_code = 200, ""
    server.body = json.dumps({"inputTokens": 17}).encode()

    assert counter.count(SONNET, CONVERSE) == 17


def test_a_client_is_made_for_the_first_count_and_not_before(server, clock):
    made = []
    lazy = BedrockTokenCounter(clock, lambda: made.append(1) or count_tokens_client())
    assert made == []

    lazy.count(SONNET, CONVERSE)
    lazy.count(SONNET, CONVERSE)

    assert made == [1]
