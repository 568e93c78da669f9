"""The handler over the real adapters: what burns unlike its budget's pace is raised and logged."""

import json
from datetime import timedelta

import boto3
import pytest
from moto import mock_aws

from cost_sentry import bootstrap
from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_config_store import DynamoDbConfigStore
from cost_sentry.adapters.meter_items import mark_item, meter_key
from cost_sentry.application.apply_config import apply_config
from cost_sentry.bootstrap import anomalies
from cost_sentry.handlers import detect_anomalies
from tests.fakes.anomalies import MemoryEvents
from tests.fakes.builders import ManualClock, budget
from tests.fakes.configurations import configuration
from tests.fakes.dynamodb_table import create_table
from tests.unit.handlers.test_project_entries_handler import ENVIRONMENT, forget_what_was_built

SCOPE = ("team", "search")
PACE = 10**9
CONTEXT = type("Context", (), {"aws_request_id": "r", "function_name": "f"})()


@pytest.fixture
def clock(monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SENTRY_ALERT_TOPIC_ARN", "arn:aws:sns:us-east-1:1:t")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        create_table(boto3.client("dynamodb"), "ledger")
        forget_what_was_built()
        anomalies.anomaly_detector.cache_clear()
        clock = ManualClock(bootstrap.clock().now().replace(second=30, microsecond=0))
        monkeypatch.setattr(bootstrap, "clock", lambda: clock)
        yield clock
    forget_what_was_built()
    anomalies.anomaly_detector.cache_clear()


@pytest.fixture
def events(monkeypatch):
    raised = MemoryEvents()
    monkeypatch.setattr(anomalies, "EventBridgeEvents", lambda _client: raised)
    return raised


def put_in_force(clock):
    calls = bootstrap.ledger_calls()
    books = DynamoDbBooks(calls, lambda _: None, clock)
    config = configuration(budget(limit=PACE * 1_440))
    apply_config(config, store=DynamoDbConfigStore(calls, clock), books=books, clock=clock)


def burn(clock, minutes, picodollars):
    table = boto3.client("dynamodb")
    for back in range(1, minutes + 1):
        minute = clock.now().replace(second=0) - timedelta(minutes=back)
        used = {"used_calls": 5, "used_picodollars": picodollars, "used_input_tokens": 900}
        numbers = {name: {"N": str(amount)} for name, amount in used.items()}
        table.put_item(TableName="ledger", Item={**meter_key(SCOPE, minute), **numbers})
        table.put_item(TableName="ledger", Item=mark_item(SCOPE, minute))


def test_a_new_team_that_burns_its_budget_is_raised_once(clock, events, capsys):
    put_in_force(clock)
    burn(clock, 20, 20 * PACE)

    first, second = (detect_anomalies.handler({}, CONTEXT) for _ in range(2))

    [anomaly] = events.raised
    assert anomaly.scope == SCOPE
    assert first == {"looked_at": 1, "raised": [anomaly.id], "repeated": 0, "passed_over": 0}
    assert second == {"looked_at": 1, "raised": [], "repeated": 0, "passed_over": 0}
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line[:1] == "{"]
    [metric] = [line for line in lines if "AnomaliesRaised" in line]
    assert (metric["service"], metric["AnomaliesRaised"]) == ("detect_anomalies", [1.0])


def test_an_event_that_is_refused_is_a_metric_and_goes_out_later(clock, events, capsys):
    put_in_force(clock)
    burn(clock, 20, 20 * PACE)
    events.refusals = 1

    first, second = (detect_anomalies.handler({}, CONTEXT) for _ in range(2))

    assert (first["raised"], len(second["raised"])) == ([], 1)
    assert "DetectionProblems" in capsys.readouterr().out


def test_where_nobody_calls_a_run_writes_nothing(clock, events, capsys):
    put_in_force(clock)
    table = boto3.client("dynamodb")
    before = table.scan(TableName="ledger")["Count"]

    done = detect_anomalies.handler({}, CONTEXT)

    assert done == {"looked_at": 0, "raised": [], "repeated": 0, "passed_over": 0}
    assert table.scan(TableName="ledger")["Count"] == before
    assert capsys.readouterr().out == ""
