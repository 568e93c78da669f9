"""The drop-in: Converse's own arguments, answers and exceptions, and the sentry's beside them."""

import json
import pickle
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import ClassVar
from uuid import UUID

import boto3
import pytest
from botocore.exceptions import ClientError

from cost_sentry_client.aws_clients import step_functions_client
from cost_sentry_client.call_errors import CallAlreadyAnswered, CallRejected
from cost_sentry_client.request_id import new_request_id
from cost_sentry_client.sentry_client import SentryClient
from tests.fakes.scripted_workflow import (
    ARN,
    REFUSED_BUDGET,
    ScriptedWorkflow,
    always,
    answered,
    failed,
    refused_block,
    sentry_block,
    succeeded,
)

REQUEST = {
    "modelId": "amazon.nova-lite-v1:0",
    "messages": [{"role": "user", "content": [{"text": "hi"}]}],
}
PENDING = sentry_block(status="PENDING", costUsd=None)


def client_of(workflow: ScriptedWorkflow, **options) -> SentryClient:
    session = boto3.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
    )
    return SentryClient(state_machine_arn=ARN, session=session, step_functions=workflow, **options)


def test_the_answer_is_converses_own_with_the_sentry_block_beside_it():
    client = client_of(always(succeeded(answered("hello"))))

    response = client.converse(**REQUEST)

    assert response["output"]["message"]["content"] == [{"text": "hello"}]
    assert response["usage"] == {"inputTokens": 2, "outputTokens": 5, "totalTokens": 7}
    assert response["sentry"]["status"] == "SETTLED"


def test_arguments_travel_unchanged_with_tags_merged_and_the_calls_own_the_stronger():
    workflow = always(succeeded(answered()))
    client = client_of(workflow, tags={"team": "search", "application": "web"})

    client.converse(
        **REQUEST,
        tags={"application": "chat"},
        priority="low",
        lowerOutputLimit=False,
        requestId="mine",
    )

    assert workflow.inputs == [
        {
            **REQUEST,
            "requestId": "mine",
            "tags": {"team": "search", "application": "chat"},
            "priority": "low",
            "lowerOutputLimit": False,
        }
    ]


def test_every_call_gets_an_id_of_its_own():
    workflow = always(succeeded(answered()))
    client = client_of(workflow)

    client.converse(**REQUEST)
    client.converse(**REQUEST)

    first, second = (sent["requestId"] for sent in workflow.inputs)
    assert first != second


def test_request_ids_are_version_7_uuids_that_sort_by_time():
    before = time.time_ns() // 1_000_000
    ids = []
    for _ in range(5):
        ids.append(new_request_id())
        time.sleep(0.002)

    assert ids == sorted(ids)
    assert {UUID(text).version for text in ids} == {7}
    assert {UUID(text).variant for text in ids} == {"specified in RFC 4122"}
    assert before <= UUID(ids[0]).int >> 80 <= time.time_ns() // 1_000_000
    assert len({new_request_id() for _ in range(2_000)}) == 2_000


def test_a_rejection_is_raised_with_its_reason_and_when_it_may_be_tried_again():
    client = client_of(always(succeeded({"sentry": refused_block()})))

    with pytest.raises(CallRejected) as rejected:
        client.converse(**REQUEST)

    assert rejected.value.code == "BUDGET_EXHAUSTED"
    assert rejected.value.message == "budget search-daily has too little left"
    assert rejected.value.resets_at == datetime(2026, 11, 22, tzinfo=UTC)
    assert rejected.value.sentry["budgets"] == [REFUSED_BUDGET]
    assert not isinstance(rejected.value, CallAlreadyAnswered)


def test_waiting_does_not_help_where_a_refusing_budget_never_resets():
    never = {**REFUSED_BUDGET, "id": "sandbox", "resetsAt": None}

    assert CallRejected(refused_block(REFUSED_BUDGET, never)).resets_at is None
    assert CallRejected(refused_block({**REFUSED_BUDGET, "binding": False})).resets_at is None


def test_the_latest_reset_counts_where_several_budgets_refuse():
    later = {**REFUSED_BUDGET, "id": "month", "resetsAt": "2026-12-01T00:00:00+00:00"}

    rejected = CallRejected(refused_block(later, REFUSED_BUDGET))

    assert rejected.resets_at == datetime(2026, 12, 1, tzinfo=UTC)


def test_code_that_catches_botos_client_error_catches_a_rejection():
    client = client_of(always(succeeded({"sentry": refused_block()})))

    with pytest.raises(ClientError) as caught:
        client.converse(**REQUEST)

    assert caught.value.response["Error"]["Code"] == "CallRejected"
    assert caught.value.response["sentry"]["code"] == "BUDGET_EXHAUSTED"


def test_a_rejection_survives_pickling():
    copy = pickle.loads(pickle.dumps(CallRejected(refused_block())))  # noqa: S301 - our own

    assert (type(copy), copy.sentry) == (CallRejected, refused_block())


def test_a_rejection_is_returned_where_that_was_asked_for():
    client = client_of(always(succeeded({"sentry": refused_block()})), on_reject="return")

    assert client.converse(**REQUEST) == {"sentry": refused_block()}


def test_any_other_way_to_reject_is_refused():
    with pytest.raises(ValueError, match="on_reject is 'ignore'; allowed: 'raise', 'return'"):
        client_of(always({}), on_reject="ignore")


def test_an_id_used_before_is_told_from_a_rejection():
    replay = sentry_block(code="ALREADY_ANSWERED", replayed=True)
    client = client_of(always(succeeded({"sentry": replay})))

    with pytest.raises(CallAlreadyAnswered) as answered_before:
        client.converse(**REQUEST, requestId="r1")

    assert answered_before.value.sentry["costUsd"] == "0.00000077"


@pytest.mark.parametrize(
    ("error", "code", "http_status"),
    [
        ("BedrockRuntime.ThrottlingException", "ThrottlingException", 429),
        ("ThrottlingException", "ThrottlingException", 429),
        ("BedrockRuntime.ValidationException", "ValidationException", 400),
        ("ServiceUnavailableException", "ServiceUnavailableException", 503),
        ("BedrockRuntime.ServiceUnavailable", "ServiceUnavailableException", 503),
        ("ModelCallTimedOut", "ModelTimeoutException", 408),
        ("States.Timeout", "ModelTimeoutException", 408),
        ("LedgerUnavailable", "ServiceUnavailableException", 503),
        ("Lambda.TooManyRequestsException", "ThrottlingException", 429),
        ("States.DataLimitExceeded", "InternalServerException", 500),
        ("InvariantViolated", "InternalServerException", 500),
    ],
)
def test_a_failure_is_raised_as_bedrock_would_have(error, code, http_status):
    cause = json.dumps({"message": "why", "sentry": PENDING})
    client = client_of(always(failed(error, cause)))

    with pytest.raises(getattr(client.exceptions, code)) as raised:
        client.converse(**REQUEST)

    response = raised.value.response
    assert response["Error"] == {"Code": code, "Message": "why"}
    assert response["ResponseMetadata"]["HTTPStatusCode"] == http_status
    assert response["sentry"] == PENDING
    assert response["workflow"]["error"] == error


def test_exceptions_are_the_same_classes_as_those_of_bedrocks_client():
    session = boto3.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
    )
    workflow = always(failed("ThrottlingException", "{}"))
    client = SentryClient(state_machine_arn=ARN, session=session, step_functions=workflow)

    with pytest.raises(session.client("bedrock-runtime").exceptions.ThrottlingException):
        client.converse(**REQUEST)


def test_a_workflow_that_ran_out_of_time_is_a_model_timeout_that_stays_charged():
    client = client_of(always({"status": "TIMED_OUT", "executionArn": f"{ARN}:1"}))

    with pytest.raises(client.exceptions.ModelTimeoutException, match="stays charged"):
        client.converse(**REQUEST)


@pytest.mark.parametrize("cause", ["plain text", "[1]", '"text"', ""])
def test_a_cause_that_is_no_sentry_answer_is_still_told(cause):
    client = client_of(always(failed("States.Runtime", cause)))

    with pytest.raises(client.exceptions.InternalServerException) as raised:
        client.converse(**REQUEST)

    assert raised.value.response["Error"]["Message"] == (cause or "States.Runtime")
    assert raised.value.response["sentry"] == {}


def test_a_request_above_256_kib_is_rejected_here_and_never_sent():
    workflow = always(succeeded(answered()))
    client = client_of(workflow)

    with pytest.raises(CallRejected) as rejected:
        client.converse(modelId="m", messages=[{"content": [{"text": "a" * 300_000}]}])

    assert rejected.value.code == "INVALID_REQUEST"
    assert "262144 bytes (256 KiB)" in rejected.value.sentry["errors"][0]["allowed"]
    assert workflow.inputs == []


def test_a_loopback_endpoint_keeps_its_name_and_answers_are_waited_for(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    session = boto3.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
    )

    config = step_functions_client(session).meta.config

    assert config.inject_host_prefix is False
    assert config.read_timeout > 300
    assert config.retries["total_max_attempts"] == 3


def test_an_account_keeps_the_prefix_that_its_hosts_need():
    session = boto3.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
    )

    assert step_functions_client(session).meta.config.inject_host_prefix is True


class _LosesTheFirstAnswer(BaseHTTPRequestHandler):
    seen: ClassVar[list[dict]] = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen.append(json.loads(body["input"]))
        if len(self.seen) == 1:
            self.connection.close()
            return
        answer = json.dumps(succeeded({"sentry": sentry_block(replayed=True)})).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        """Quiet."""


def test_a_lost_answer_is_asked_for_again_under_the_same_id_and_so_never_paid_twice(monkeypatch):
    server = HTTPServer(("127.0.0.1", 0), _LosesTheFirstAnswer)
    thread = Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    session = boto3.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
    )

    try:
        with pytest.raises(CallAlreadyAnswered):
            SentryClient(state_machine_arn=ARN, session=session).converse(**REQUEST)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

    first, second = _LosesTheFirstAnswer.seen
    assert first == second
    assert first["requestId"]
