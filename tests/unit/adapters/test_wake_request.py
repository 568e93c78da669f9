"""Who wants an endpoint, whatever was sent."""

import pytest

from cost_sentry.adapters.wake_request import wake_answer, wanted_endpoint
from cost_sentry.application.wake_endpoint import WakeAnswer, WakeState
from tests.fakes.builders import NOON

OWNERS = {"ic": "chat"}


def wanted(event):
    return wanted_endpoint(event, OWNERS.get)


def alarm(name="cost-sentry-wake-ic", value="ALARM"):
    return {
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "detail": {"alarmName": name, "state": {"value": value}},
    }


def test_an_endpoint_is_wanted_by_name():
    assert wanted({"endpoint": "chat"}).endpoint == "chat"


def test_a_person_says_so_and_nobody_else_is_taken_for_one():
    assert wanted({"endpoint": "chat", "byHand": True}).is_by_hand
    for event in ({"endpoint": "chat"}, {"endpoint": "chat", "byHand": "yes"}, alarm()):
        assert not wanted(event).is_by_hand


def test_an_alarm_wants_the_endpoint_of_its_component():
    assert wanted(alarm())[:2] == ("chat", "inference component ic was called in vain")


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"endpoint": ""},
        {"endpoint": "x" * 64},
        {"endpoint": 7},
        {"detail": None},
        {"detail": {}},
        {"detail": {"alarmName": "cost-sentry-wake-ic"}},
        {"detail": {"alarmName": "cost-sentry-wake-ic", "state": "ALARM"}},
        {"detail": {"alarmName": 3, "state": {"value": "ALARM"}}},
        alarm(value="OK"),
        alarm(value="INSUFFICIENT_DATA"),
        alarm(name="somebody-elses-ic"),
        alarm(name="cost-sentry-wake-of-nobody"),
    ],
)
def test_what_is_malformed_late_or_unknown_wants_nothing_and_says_why(event):
    found = wanted(event)

    assert found.endpoint is None
    answer = wake_answer(None, found)
    assert (answer["state"], answer["endpoint"]) == ("UNKNOWN", "")
    assert answer["reason"] == found.why != ""


def test_the_answer_says_when_it_is_expected_and_whom_to_ask_meanwhile():
    told = WakeAnswer(
        endpoint="chat",
        state=WakeState.WAKING,
        reason="somebody asked for it",
        instead="amazon.nova-lite-v1:0",
        expected_by=NOON,
    )

    assert wake_answer(told, wanted({"endpoint": "chat"})) == {
        "endpoint": "chat",
        "state": "WAKING",
        "reason": "somebody asked for it",
        "instead": "amazon.nova-lite-v1:0",
        "expectedBy": "2026-11-21T12:00:00+00:00",
    }
