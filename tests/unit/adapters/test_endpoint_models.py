"""One call of an endpoint over HTTP: asked once, and each failure says whether it may have run."""

import io
import json
import socket
import threading
import traceback

import boto3
import pytest

from cost_sentry.adapters.bedrock_errors import ModelAnswerBroken, ModelCallError, ModelCallTimedOut
from cost_sentry.adapters.endpoint_arguments import EndpointCall, endpoint_arguments, endpoint_call
from cost_sentry.adapters.endpoint_models import EndpointModels
from cost_sentry.domain.model_failure import NOT_RUN, PERHAPS_RUN
from tests.fakes.builders import ManualClock
from tests.fakes.memory_sleepers import endpoint_model
from tests.fakes.model_server import model_server
from tests.unit.adapters.test_endpoint_chat import CONVERSE, LMI

PROMPT = "the patient's diagnosis is secret and nobody may read it in a log"
CALL = EndpointCall(
    "support-llm",
    None,
    {**CONVERSE, "messages": [{"role": "user", "content": [{"text": PROMPT}]}]},
)
NOT_FOUND = "Endpoint support-llm of account 111122223333 not found."
NO_CAPACITY = (
    "Inference Component has no capacity to process this request. ApplicationAutoScaling may be"
    " in-progress (if configured) or try to increase the capacity"
)
TOO_LONG = f"This model's maximum context length is 8192 tokens: {PROMPT}"


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it keeps the first credentials it finds
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with model_server() as told:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", told.url)
        told.body = json.dumps(LMI).encode()
        yield told


def models(read_timeout_seconds: float = 10) -> EndpointModels:
    return EndpointModels.connect(read_timeout_seconds=read_timeout_seconds, clock=ManualClock())


def failure() -> ModelCallError:
    with pytest.raises(ModelCallError) as raised:
        models().converse(CALL)
    assert PROMPT[:20] not in "".join(traceback.format_exception(raised.value))
    return raised.value


def of_container(server, status: int, words: str = "no") -> None:
    server.fails(424, "ModelError")
    told = {"Message": f"Received {status}: {words}", "OriginalStatusCode": status}
    server.body = json.dumps({**told, "OriginalMessage": words}).encode()


def test_an_endpoint_is_asked_once_by_its_name_in_openais_words(server):
    answer = models().converse(CALL)

    assert answer["usage"] == {"inputTokens": 42, "outputTokens": 3, "totalTokens": 45}
    (sent,) = server.received
    assert sent["messages"][-1] == {"role": "user", "content": PROMPT}
    assert sent["max_tokens"] == 300
    assert server.paths == ["/endpoints/support-llm/invocations"]


def test_arguments_name_endpoint_and_component_and_are_no_converse_request():
    endpoint = endpoint_model("support-llm", component="part")
    arguments = json.loads(json.dumps(endpoint_arguments(endpoint, CONVERSE)))

    assert endpoint_call(arguments) == EndpointCall("support-llm", "part", CONVERSE)
    assert endpoint_call(CONVERSE) is None


@pytest.mark.parametrize(
    ("status", "code", "words", "name"),
    [
        (400, "ValidationError", NOT_FOUND, "ModelNotReadyException"),
        (400, "ValidationError", NO_CAPACITY, "ModelNotReadyException"),
        (400, "ValidationError", "Inference Component Name header is required", "Validation"),
        (403, "AccessDeniedException", "not authorized", "AccessDeniedException"),
        (429, "ThrottlingException", "Rate exceeded", "ThrottlingException"),
        (429, "ModelNotReadyException", "being loaded", "ModelNotReadyException"),
        (500, "InternalFailure", "no", "InternalServerException"),
        (530, "InternalDependencyException", "no", "InternalServerException"),
        (503, "ServiceUnavailable", "no", "ServiceUnavailableException"),
        (502, "", "no", "ModelCallFailed"),
    ],
)
def test_every_error_of_sagemaker_has_one_of_bedrocks_names(server, status, code, words, name):
    server.fails(status, code, words)

    error = failure()

    assert type(error).__name__.startswith(name)
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "ValidationException"),
        (413, "ValidationException"),
        (422, "ValidationException"),
        (429, "ThrottlingException"),
        (500, "ModelErrorException"),
        (503, "ModelErrorException"),
        (0, "ModelErrorException"),
    ],
)
def test_a_containers_failure_goes_by_its_own_status_and_never_quotes_it(server, status, name):
    of_container(server, status, f"cannot take {PROMPT}")

    assert type(failure()).__name__ == name


def test_a_prompt_that_is_too_long_for_the_container_is_said_in_words_that_callers_hear(server):
    of_container(server, 400, TOO_LONG)

    assert "context length" in str(failure())


def test_what_surely_did_not_run_and_what_perhaps_did_are_told_apart(server):
    server.fails(400, "ValidationError", NOT_FOUND)
    assert type(failure()).__name__ in NOT_RUN

    of_container(server, 500)
    assert type(failure()).__name__ in PERHAPS_RUN


def test_a_silent_endpoint_is_asked_once_and_reported_as_timed_out(server):
    server.stalls_until = threading.Event()

    with pytest.raises(ModelCallTimedOut):
        models(read_timeout_seconds=0.3).converse(CALL)

    assert len(server.received) == 1


def test_an_answer_that_is_no_json_or_is_cut_off_is_broken(server):
    server.body = b"<html>"
    with pytest.raises(ModelAnswerBroken):
        models().converse(CALL)

    server.body, server.length_claimed = json.dumps(LMI).encode(), 5_000
    with pytest.raises(ModelAnswerBroken):
        models().converse(CALL)

    server.hangs_up = True
    assert type(failure()).__name__ in {"ModelAnswerBroken", "ModelCallFailed"}


def test_what_cannot_be_translated_is_refused_before_it_is_sent(server):
    refused = {**CONVERSE, "guardrailConfig": {"guardrailIdentifier": "g"}}

    with pytest.raises(ModelCallError, match="guardrailConfig"):
        models().converse(CALL._replace(converse=refused))

    assert not server.received


def test_nobody_there_means_that_nothing_was_sent(server, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", f"http://127.0.0.1:{port}")

    assert type(failure()).__name__ == "ModelCallNotSent"


def test_a_component_is_named_and_the_time_that_the_call_took_is_told():
    clock, sent = ManualClock(), []

    class Client:
        def invoke_endpoint(self, **arguments):
            sent.append(arguments)
            clock.advance(milliseconds=1_250)
            return {"Body": io.BytesIO(json.dumps(LMI).encode())}

    answer = EndpointModels(Client(), clock).converse(CALL._replace(component="part"))

    assert sent[0]["InferenceComponentName"] == "part"
    assert answer["metrics"] == {"latencyMs": 1_250}
