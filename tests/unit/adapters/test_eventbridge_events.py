import json
from dataclasses import replace

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from cost_sentry.adapters.anomaly_record import anomaly_document, anomaly_from_document
from cost_sentry.adapters.eventbridge_events import EventBridgeEvents
from cost_sentry.application.anomaly_ports import AnomalyNotRaised
from tests.fakes.burn_series import known

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


@pytest.fixture(scope="module")
def anomaly():
    [first, *_] = known(1).watch(5, calls=8)
    return replace(first, goes_on=True, joined=(("team", "search"), ("model", "m")))


@pytest.fixture
def client(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    return boto3.client("events", region_name="us-east-1", **KEYS)


def test_an_event_says_whose_it_is_and_carries_the_whole_anomaly(client, anomaly):
    sent = []
    client.meta.events.register("before-parameter-build.*", lambda params, **_: sent.append(params))
    with Stubber(client) as answers:
        answers.add_response("put_events", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})

        EventBridgeEvents(client).raise_(anomaly)

    [entry] = sent[0]["Entries"]
    assert (entry["Source"], entry["DetailType"]) == ("cost-sentry", "Anomaly")
    assert entry["Time"] == anomaly.now
    detail = json.loads(entry["Detail"])
    assert detail == anomaly_document(anomaly)
    assert anomaly_from_document(detail) == anomaly


def test_what_is_taken_for_usual_is_told_so_and_an_event_of_before_is_not(anomaly):
    usual = replace(anomaly, is_adopted=True)
    document = anomaly_document(usual)

    assert anomaly_from_document(document) == usual
    del document["takenForUsual"]
    assert anomaly_from_document(document) == anomaly


def test_an_entry_that_the_bus_refuses_is_not_raised(client, anomaly):
    refused = {"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"}
    with Stubber(client) as answers:
        answers.add_response("put_events", {"FailedEntryCount": 1, "Entries": [refused]})

        with pytest.raises(AnomalyNotRaised, match=r"search/web@.*Rate exceeded"):
            EventBridgeEvents(client).raise_(anomaly)


def test_a_call_that_fails_is_not_raised(client, anomaly):
    with Stubber(client) as answers:
        answers.add_client_error("put_events", "AccessDeniedException", "not allowed")

        with pytest.raises(AnomalyNotRaised, match="not allowed"):
            EventBridgeEvents(client).raise_(anomaly)


def test_a_bus_that_cannot_be_reached_is_not_raised(anomaly):
    class Unreachable:
        def put_events(self, **_arguments):
            raise EndpointConnectionError(endpoint_url="https://events")

    with pytest.raises(AnomalyNotRaised, match="https://events"):
        EventBridgeEvents(Unreachable()).raise_(anomaly)


def test_money_in_a_document_is_decimal_text(anomaly):
    document = anomaly_document(anomaly)

    for name in ("expectedUsdPerMinute", "seenUsdPerMinute", "projectedUsd"):
        assert isinstance(document[name], str)
    assert document["id"] == anomaly.id


@pytest.mark.parametrize(
    "broken",
    [
        {"version": 2},
        {"scope": None},
        {"since": "yesterday"},
        {"since": "2026-07-06T00:00:00"},
        {"severity": "mild"},
        {"seenUsdPerMinute": "much"},
        {"evidence": {}},
    ],
)
def test_what_is_no_anomaly_is_refused(anomaly, broken):
    with pytest.raises(ValueError, match=r".+"):
        anomaly_from_document({**anomaly_document(anomaly), **broken})


def test_a_document_without_a_field_is_refused(anomaly):
    for name in ("version", "scope", "since", "now", "severity", "factorPercent", "evidence"):
        document = anomaly_document(anomaly)
        del document[name]
        with pytest.raises(ValueError, match="not an anomaly"):
            anomaly_from_document(document)
