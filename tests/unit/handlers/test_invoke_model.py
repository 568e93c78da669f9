import base64

import pytest

from cost_sentry import bootstrap
from cost_sentry.adapters.bedrock_errors import ThrottlingException
from cost_sentry.handlers.invoke_model import handler
from tests.fakes.model_server import ANSWER, model_server

PROMPT = "a prompt that must not be logged"
IMAGE = {"format": "png", "source": {"bytes": base64.b64encode(b"\x89PNG").decode()}}
EVENT = {
    "arguments": {
        "modelId": "amazon.nova-lite-v1:0",
        "messages": [{"role": "user", "content": [{"text": PROMPT}, {"image": IMAGE}]}],
        "inferenceConfig": {"maxTokens": 9},
    }
}


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    bootstrap.bedrock_models.cache_clear()
    with model_server() as told:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", told.url)
        yield told
    bootstrap.bedrock_models.cache_clear()


def test_the_answer_is_converses_own(server):
    assert handler(EVENT, None) == {"response": ANSWER}
    assert server.paths == ["/model/amazon.nova-lite-v1%3A0/converse"]
    assert server.received[0]["inferenceConfig"] == {"maxTokens": 9}


def test_an_error_reaches_the_workflow_under_bedrocks_name(server):
    server.fails(429, "ThrottlingException", "Too many tokens")

    with pytest.raises(ThrottlingException, match="Too many tokens"):
        handler(EVENT, None)


def test_nothing_of_a_call_is_written_anywhere(server, capfd, caplog):
    handler(EVENT, None)

    written = capfd.readouterr()
    assert PROMPT not in written.out + written.err + caplog.text
    assert "Because." not in written.out + written.err + caplog.text
