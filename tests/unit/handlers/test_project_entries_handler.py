"""The handler over the real adapters, as Lambda runs it."""

import json

import boto3
import pytest
from moto import mock_aws

from cost_sentry import bootstrap
from cost_sentry.adapters.entry_record import entry_to_json
from cost_sentry.domain.reservation import EXTERNAL_ACCOUNTS, WAKE_PREFIX
from cost_sentry.handlers import project_entries
from tests.fakes.dynamodb_table import create_table
from tests.fakes.entries import Account

MODEL = "amazon.nova-lite-v1:0"
ENVIRONMENT = {
    "SENTRY_STAGE": "test",
    "SENTRY_TABLE_NAME": "ledger",
    "SENTRY_ANSWER_TABLE_NAME": "answers",
    "SENTRY_APPROVAL_WORKFLOW_ARN": "approvals",
    "SENTRY_EMERGENCY_BUCKET_NAME": "emergency",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "POWERTOOLS_METRICS_NAMESPACE": "CostSentry",
}


def forget_what_was_built():
    for part in vars(bootstrap).values():
        if hasattr(part, "cache_clear"):
            part.cache_clear()


@pytest.fixture
def handler(monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        create_table(boto3.client("dynamodb"), "ledger")
        topic = boto3.client("sns").create_topic(Name="alerts")["TopicArn"]
        monkeypatch.setenv("SENTRY_ALERT_TOPIC_ARN", topic)
        forget_what_was_built()
        yield project_entries.handler
    forget_what_was_built()


def event(*entries, broken=()):
    records = []
    for entry in entries:
        image = {
            "sequence": {"N": str(entry.sequence)},
            "entry": {"S": "{" if entry in broken else entry_to_json(entry)},
        }
        keys = {"pk": {"S": f"ACCOUNT#{entry.account}"}, "sk": {"S": f"SHARD#{entry.shard}"}}
        change = {"Keys": keys, "NewImage": image, "SequenceNumber": str(entry.sequence)}
        records.append({"eventName": "MODIFY", "dynamodb": change})
    return {"Records": records}


def posted():
    key = {"pk": {"S": "BUDGET#search-daily"}, "sk": {"S": "TOTALS#2026-11-21"}}
    return boto3.client("dynamodb").get_item(TableName="ledger", Key=key)["Item"]["posted"]["N"]


def test_a_stream_event_becomes_journal_and_totals(handler):
    assert handler(event(*Account().call("r1", 40)), None) == {"batchItemFailures": []}
    assert posted() == "40"


def test_a_broken_record_is_handed_back_with_what_follows_it(handler):
    account = Account()
    first, second = account.call("r1", 40), account.call("r2", 2)

    answer = handler(event(*first, *second, broken=[second[0]]), None)

    failed = [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
    assert failed == ["3", "4"]
    assert posted() == "40"


def test_what_was_spent_is_told_once_by_team_and_by_model(handler, capsys):
    began, ended = Account().call("r1", 40)

    handler(event(began, ended), None)
    handler(event(began, ended), None)  # delivered again

    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [told] = [line for line in printed if "SpendUsd" in line]
    sets = told["_aws"]["CloudWatchMetrics"][0]["Dimensions"]
    assert sets == [["service"], ["team"], ["model"]]
    assert (told["team"], told["CallsAllowed"]) == ("search", [1.0])
    pending = ended.resolution.resolved_at - began.reservation.reserved_at
    assert told["ReservationSeconds"] == [pending.total_seconds() // 1]
    assert told["SpendUsd"] == [ended.resolution.cost_picodollars / 10**12]
    assert not {"user", "application", "session"} & told.keys()


def test_what_a_wake_or_external_usage_costs_is_no_spending_of_calls(handler, capsys):
    wake = Account().call("w1", 40, model_used=f"{WAKE_PREFIX}chat")
    booked = Account(f"{EXTERNAL_ACCOUNTS}{MODEL}").call("x1", 60, model_used=MODEL)
    unpriced = Account(f"{EXTERNAL_ACCOUNTS}{MODEL}-x").call("x2", 0, model_used=f"{MODEL}-x")

    handler(event(*wake, *booked, *unpriced), None)

    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    told = [line for line in printed if "model" in line]
    assert not any("SpendUsd" in line or "CallsAllowed" in line for line in told)
    amounts = [
        (line.get("team"), line["model"], name, line[name])
        for line in told
        for name in ("WakeSpendUsd", "ExternalSpendUsd")
        if name in line
    ]
    assert amounts == [
        ("search", f"{WAKE_PREFIX}chat", "WakeSpendUsd", [40 / 10**12]),
        (None, MODEL, "ExternalSpendUsd", [60 / 10**12]),
    ]


def test_a_gap_is_a_metric_and_a_line_of_the_log(handler, capsys, caplog):
    account = Account()
    account.sequence = 4

    handler(event(*account.call("r1", 40)), None)

    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert any(line.get("LedgerGap") == [1.0] and "_aws" in line for line in printed)
    [gap] = [line for line in caplog.records if line.message == "LedgerGap"]
    assert (gap.place, gap.first, gap.last) == ("search/web", 1, 4)


def test_an_event_of_other_items_does_nothing(handler):
    assert handler({"Records": [{"dynamodb": {}}]}, None) == {"batchItemFailures": []}
