"""How long to wait, as people and programs are told."""

import pytest

from cost_sentry_client.answer_report import sentry_report
from cost_sentry_client.call_errors import CallRejected
from cost_sentry_client.money_display import seconds_text
from tests.fakes.scripted_workflow import refused_block

OF_A_RUN = {"id": "run", "window": f"session-01a1fdc3-5780-7000-8000-{7:012x}", "binding": True}

FOR_GOOD = {"id": "trial", "window": "none", "binding": True}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (1, "1 s"),
        (60, "1 min"),
        (90, "1 min 30 s"),
        (3_600, "1 h"),
        (34_233, "9 h 30 min"),
        (86_400, "1 d"),
        (90_061, "1 d 1 h"),
    ],
)
def test_a_wait_is_told_in_its_two_largest_units(seconds, text):
    assert seconds_text(seconds) == text


@pytest.mark.parametrize(("seconds", "shown"), [(90, True), (None, False)])
def test_a_refusal_says_when_to_try_again_if_waiting_helps(seconds, shown):
    report = sentry_report(refused_block(retryAfterSeconds=seconds))

    cells = [str(cell) for part in report[1:2] for column in part.columns for cell in column.cells]
    assert ("in 1 min 30 s" in cells) is shown


@pytest.mark.parametrize(
    ("sentry", "status", "headers"),
    [
        ({"retryAfterSeconds": 60}, 429, {"retry-after": "60"}),
        ({"retryAfterSeconds": None, "budgets": [FOR_GOOD]}, 429, {}),
        ({"retryAfterSeconds": None, "budgets": [OF_A_RUN]}, 429, {}),
        ({"code": "CRITICAL_ONLY", "budgets": [OF_A_RUN]}, 429, {}),
        ({"code": "CRITICAL_ONLY", "retryAfterSeconds": 60}, 429, {"retry-after": "60"}),
        ({"code": "INVALID_REQUEST"}, 400, {}),
        ({"code": "FORBIDDEN_BY_POLICY", "budgets": [OF_A_RUN]}, 400, {}),
        ({"code": "LEDGER_UNAVAILABLE", "retryAfterSeconds": 5}, 503, {"retry-after": "5"}),
        ({"code": "CIRCUIT_OPEN", "retryAfterSeconds": 9}, 503, {"retry-after": "9"}),
    ],
)
def test_a_rejection_is_what_an_http_gateway_would_answer(sentry, status, headers):
    rejected = CallRejected(refused_block(**sentry))

    assert rejected.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert rejected.response["ResponseMetadata"]["HTTPHeaders"] == headers
    assert rejected.retry_after_seconds == sentry.get("retryAfterSeconds")
