import base64
import json
import socket
import threading
import traceback

import boto3
import pytest

from cost_sentry.adapters import bedrock_errors
from cost_sentry.adapters.bedrock_errors import (
    BY_CODE,
    ModelAnswerBroken,
    ModelCallError,
    ModelCallNotSent,
    ModelCallTimedOut,
    ValidationException,
)
from cost_sentry.adapters.bedrock_models import BedrockModels
from cost_sentry.adapters.converse_shapes import converse_operation
from tests.fakes.model_server import ANSWER, model_server

PROMPT = "the patient's diagnosis is secret and nobody may read it in a log"
REQUEST = {"modelId": "amazon.nova-lite-v1:0", "messages": [
    {"role": "user", "content": [{"text": PROMPT}]}]}  # fmt: skip


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
        yield told


def models(read_timeout_seconds: float = 10) -> BedrockModels:
    return BedrockModels.connect(read_timeout_seconds=read_timeout_seconds)


def failure() -> ModelCallError:
    with pytest.raises(ModelCallError) as raised:
        models().converse(REQUEST)
    assert PROMPT[:20] not in "".join(traceback.format_exception(raised.value))
    return raised.value


def test_bytes_go_out_and_come_back_as_base64(server):
    blob = base64.b64encode(bytes(range(256))).decode()
    redacted = {"reasoningContent": {"redactedContent": blob}}
    message = {"role": "assistant", "content": [redacted, {"text": "Because."}]}
    server.body = json.dumps(ANSWER | {"output": {"message": message}}).encode()
    image = {"image": {"format": "png", "source": {"bytes": blob}}}
    request = {**REQUEST, "messages": [{"role": "user", "content": [image]}]}

    answer = models().converse(request)

    assert server.received == [{"messages": [{"role": "user", "content": [image]}]}]
    assert answer == ANSWER | {"output": {"message": message}}
    assert json.loads(json.dumps(answer)) == answer


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (429, "ThrottlingException"),
        (400, "ValidationException"),
        (403, "AccessDeniedException"),
        (404, "ResourceNotFoundException"),
        (429, "ModelNotReadyException"),
        (400, "ServiceQuotaExceededException"),
        (408, "ModelTimeoutException"),
        (424, "ModelErrorException"),
        (500, "InternalServerException"),
        (503, "ServiceUnavailableException"),
    ],
)
def test_every_bedrock_error_has_its_own_name_and_is_never_tried_again(server, status, code):
    server.fails(status, code)

    error = failure()

    assert type(error).__name__ == code
    assert str(error) == "no"
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("status", "code", "name"),
    [
        (403, "UnrecognizedClientException", "AccessDeniedException"),
        (500, "SomethingNewException", "InternalServerException"),
        (502, "", "ModelCallFailed"),
        (418, "TeapotException", "ModelCallFailed"),
    ],
)
def test_an_unknown_error_is_named_by_its_status_and_keeps_its_code(server, status, code, name):
    server.fails(status, code)

    error = failure()

    assert type(error).__name__ == name
    assert code in str(error)
    assert len(server.received) == 1


def test_a_silent_model_is_asked_once_and_reported_as_timed_out(server):
    server.stalls_until = threading.Event()

    with pytest.raises(ModelCallTimedOut):
        models(read_timeout_seconds=0.3).converse(REQUEST)

    assert len(server.received) == 1


def test_a_connection_that_ends_without_an_answer_is_a_broken_answer(server):
    server.hangs_up = True

    assert isinstance(failure(), ModelAnswerBroken)
    assert len(server.received) == 1


def test_an_answer_that_is_cut_off_is_a_broken_answer(server):
    server.length_claimed = len(server.body) + 100

    assert isinstance(failure(), ModelAnswerBroken)
    assert len(server.received) == 1


@pytest.mark.parametrize(
    "body",
    [b"<html>", b'{"output": ', b"\xff\xfe", b"[]", b"5", b'{"output": 5}', b'{"usage": "x"}'],
)
def test_an_answer_of_another_shape_is_a_broken_answer(server, body):
    server.body = body

    assert isinstance(failure(), ModelAnswerBroken)
    assert len(server.received) == 1


def test_an_endpoint_that_nobody_listens_at_was_not_sent_anything(monkeypatch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", url)

        assert isinstance(failure(), ModelCallNotSent)


def test_without_credentials_nothing_is_sent(server, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")

    assert isinstance(failure(), ModelCallNotSent)
    assert server.received == []


def test_an_error_that_quotes_the_prompt_is_passed_on_without_the_quote(server):
    server.fails(400, "ValidationException", f"messages.0.content: '{PROMPT}' is \"{PROMPT}\" x")

    assert "is (65 characters) x" in str(failure())


def test_an_endless_error_message_is_cut(server):
    server.fails(400, "ValidationException", "x " * 5_000)

    assert len(str(failure())) == 400


def test_arguments_that_boto3_does_not_take_are_refused_without_being_quoted(server):
    with pytest.raises(ValidationException) as raised:
        models().converse({"modelId": "m", "messages": [{"role": "user", "content": PROMPT}]})

    assert PROMPT not in "".join(traceback.format_exception(raised.value))
    assert server.received == []


def test_every_error_that_converse_is_modelled_with_has_a_class():
    modelled = {shape.name for shape in converse_operation().error_shapes}

    assert modelled <= BY_CODE.keys()
    assert all(getattr(bedrock_errors, name) is error for name, error in BY_CODE.items())
