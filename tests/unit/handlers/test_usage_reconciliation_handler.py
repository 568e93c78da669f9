"""The handler over the real adapters: a call past the sentry is metered, booked, and told."""

import json
import logging
from datetime import timedelta

import boto3
import pytest
from moto import mock_aws

from cost_sentry import bootstrap
from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_config_store import DynamoDbConfigStore
from cost_sentry.adapters.dynamodb_usage_cursors import DynamoDbStreamWatch, DynamoDbUsageCursors
from cost_sentry.adapters.reconciliation_report import gauges_of
from cost_sentry.application.apply_config import apply_config
from cost_sentry.application.usage_reconciliation import Compared, Reconciled
from cost_sentry.bootstrap import usage
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.external_rules import ExternalUsageRules
from cost_sentry.domain.meter import Counts
from cost_sentry.handlers import usage_reconciliation
from tests.fakes.answering_client import Client
from tests.fakes.builders import ManualClock, budget
from tests.fakes.configurations import configuration
from tests.fakes.dynamodb_table import create_table
from tests.fakes.reconciliations import MINUTE, NOVA
from tests.unit.handlers.test_project_entries_handler import ENVIRONMENT, forget_what_was_built

TOKENS = budget("nova-tokens", 10**6, scope={"model": NOVA}, unit=Unit.TOKENS)
DOLLARS = budget("organisation", 10**15, scope={})
PROFILE = "abc123def456"
CONTEXT = type("Context", (), {"aws_request_id": "r", "function_name": "f"})()


@pytest.fixture
def clock(monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    for name in ("AWS_ENDPOINT_URL", "POWERTOOLS_METRICS_NAMESPACE"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        create_table(boto3.client("dynamodb"), "ledger")
        monkeypatch.setenv("SENTRY_ALERT_TOPIC_ARN", "arn:aws:sns:us-east-1:1:t")
        forget_what_was_built()
        usage.usage_reconciliation.cache_clear()
        clock = ManualClock(bootstrap.clock().now().replace(second=0, microsecond=0))
        monkeypatch.setattr(bootstrap, "clock", lambda: clock)
        yield clock
    forget_what_was_built()
    usage.usage_reconciliation.cache_clear()


def put_in_force(clock, **changes):
    config = configuration(TOKENS, DOLLARS, **changes)
    store = DynamoDbConfigStore(bootstrap.ledger_calls(), clock)
    apply_config(config, store=store, books=books(clock), clock=clock)


def books(clock):
    return DynamoDbBooks(bootstrap.ledger_calls(), lambda _: None, clock)


def meter(minute, calls, tokens, model=NOVA):
    values = {"Invocations": calls, "InputTokenCount": tokens}
    boto3.client("cloudwatch").put_metric_data(
        Namespace="AWS/Bedrock",
        MetricData=[
            {
                "MetricName": name,
                "Dimensions": [{"Name": "ModelId", "Value": model}],
                "Timestamp": minute,
                "Value": value,
            }
            for name, value in values.items()
        ],
    )


def run(clock):
    """One run of the schedule; its mark comes through the stream at once."""
    done = usage_reconciliation.handler({}, CONTEXT)
    DynamoDbStreamWatch(bootstrap.ledger_calls()).note_carried(clock.now())
    return done


def test_a_call_past_the_sentry_is_charged_and_whoever_watches_is_told(clock, capsys, caplog):
    put_in_force(
        clock,
        external_usage=ExternalUsageRules(()),
        alert_addresses=("ops@example.com",),
    )
    start = clock.now()
    run(clock)
    meter(start + MINUTE, 3, 500)
    for _ in range(6):
        clock.advance(minutes=1)
        run(clock)
    done = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line[:1] == "{"]

    window = TOKENS.window_at(start + MINUTE).id
    assert books(clock).balance(TOKENS, window).posted == 500
    assert books(clock).balance(DOLLARS, DOLLARS.window_at(start + MINUTE).id).posted > 0
    [event] = [line for line in caplog.records if line.message == "ExternalUsage"]
    assert (event.model, event.calls, event.allowed) == (NOVA, 3, False)
    assert sum(line.get("ExternalUsageForbidden", [0])[0] for line in done) == 1
    drifts = [line["UsageDriftTokens"] for line in done if "UsageDriftTokens" in line]
    assert drifts
    assert {line["model"] for line in done if "UsageDriftTokens" in line} == {NOVA}
    [mail] = bootstrap.notices().due(clock.now() + timedelta(minutes=1), 10)
    assert NOVA in mail.body


def test_a_call_by_an_application_inference_profile_is_charged_to_its_model(
    clock, caplog, monkeypatch
):
    arn = f"arn:aws:bedrock:us-east-1::foundation-model/{NOVA}"
    bedrock = Client({"models": [{"modelArn": arn}]})
    monkeypatch.setattr(usage, "bedrock_client", lambda: bedrock)
    usage.usage_reconciliation.cache_clear()
    put_in_force(clock)
    start = clock.now()
    run(clock)
    meter(start + MINUTE, 3, 500, PROFILE)
    for _ in range(6):
        clock.advance(minutes=1)
        run(clock)

    assert books(clock).balance(TOKENS, TOKENS.window_at(start + MINUTE).id).posted == 500
    assert books(clock).balance(DOLLARS, DOLLARS.window_at(start + MINUTE).id).posted > 0
    [event] = [line for line in caplog.records if line.message == "ExternalUsage"]
    assert (event.model, event.charged_as) == (PROFILE, NOVA)
    asked = {"inferenceProfileIdentifier": PROFILE}
    assert bedrock.asked == [("get_inference_profile", asked)]


def test_where_nobody_calls_a_run_reads_some_items_and_writes_one_each_half_hour(clock):
    put_in_force(clock)
    table = boto3.client("dynamodb")
    before = table.scan(TableName="ledger")["Count"]

    done = run(clock)

    assert done == {"compared": 0, "booked": 0, "waits": ""}
    assert table.scan(TableName="ledger")["Count"] - before == 3, (
        "the first minute, up to when all is compared, and the mark of this test"
    )
    noted = DynamoDbUsageCursors(bootstrap.ledger_calls()).surveyed
    first = noted()
    clock.advance(minutes=29)
    run(clock)
    early = noted()
    clock.advance(minutes=1)
    run(clock)
    assert (early, noted()) == (first, first + timedelta(minutes=30))


def test_what_nobody_can_compare_any_more_is_told_by_an_alarm_and_the_log(clock, capsys, caplog):
    put_in_force(clock)
    caplog.set_level(logging.INFO)
    run(clock)
    clock.advance(days=15)
    run(clock)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line[:1] == "{"]

    assert sum(line.get("ExternalUsageUnread", [0])[0] for line in lines) == 1
    [told] = [line.unread for line in caplog.records if line.message == "reconciled"]
    assert told.endswith(f"{clock.now() - timedelta(days=14):%Y-%m-%dT%H:%M:00+00:00}")


def test_too_many_tokens_of_one_kind_make_up_for_none_that_are_missing_of_another(clock):
    stands = Compared(
        model_id=NOVA,
        drift=Counts(input_tokens=100, output_tokens=-100),
        adrift_since=clock.now() - 7 * MINUTE,
        until=clock.now(),
        is_done=True,
    )

    told = {
        name: value for _, name, value in gauges_of(Reconciled(at=clock.now(), compared=[stands]))
    }

    assert told["UsageDriftTokens"] == 200
    assert told["UsageDriftAgeSeconds"] == 7 * 60
