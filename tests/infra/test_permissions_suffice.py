"""Every call that a function really makes to the ledger is one that its role allows.

The real handlers run inside the real state machine, on moto; each of their calls is held against
the policies of the synthesized template. An access without a grant fails here, not in an account.
"""

import contextlib
import inspect
import json
import pathlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cost_sentry import bootstrap
from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_config_store import DynamoDbConfigStore
from cost_sentry.adapters.system_clock import SystemClock
from cost_sentry.application.apply_config import apply_config
from cost_sentry.domain.money import picodollars
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.shard import PENDING_MAX
from cost_sentry.handlers import (
    admit_request,
    expire_reservations,
    project_entries,
    settle_reservation,
    void_reservation,
)
from cost_sentry_client.config_file.load import load_config
from infra.names import pascal
from tests.fakes.builders import ManualClock
from tests.infra.policy_evaluator import allows
from tests.simulation.world.small_sizes import small_sizes
from tests.statemachines.walker import TaskFailed, Walk, walk

ROOT = pathlib.Path(__file__).parents[2]
MACHINE = json.loads((ROOT / "statemachines" / "guarded_invocation.asl.json").read_text())
SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
OPUS = "us.anthropic.claude-opus-4-5-20251101-v1:0"
SINGLE = {"GetItem", "PutItem", "UpdateItem", "DeleteItem"}
CONTEXT = type("Context", (), {"aws_request_id": "r", "function_name": "f"})()


class Recorder:
    """Which DynamoDB actions were asked for, on which partition keys, by which function."""

    def __init__(self) -> None:
        self.calls: set[tuple[str, str, frozenset[str]]] = set()
        self._function = ""

    @contextlib.contextmanager
    def as_function(self, name: str) -> Iterator[None]:
        self._function = name
        yield
        self._function = ""

    def note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if self._function:
            for action, key in _accesses(model.name, params):
                self.calls.add((self._function, f"dynamodb:{action}", frozenset({key})))


def _accesses(operation: str, params: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if operation in {"TransactWriteItems", "TransactGetItems"}:
        for item in params["TransactItems"]:
            ((verb, body),) = item.items()
            yield f"{verb}Item", (body.get("Key") or body["Item"])["pk"]["S"]
    elif operation == "Query":
        yield operation, params["ExpressionAttributeValues"][":pk"]["S"]
    else:
        assert operation in SINGLE, f"the recorder does not know {operation}"
        yield operation, (params.get("Key") or params["Item"])["pk"]["S"]


class House:
    """The deployed sentry without AWS: table, topic, handlers, and time that a test moves."""

    def __init__(self, clock: ManualClock, recorder: Recorder) -> None:
        self.clock, self.recorder = clock, recorder
        self._shown = 0

    def call(
        self, model: str, max_tokens: int, team: str, bedrock: Any, application: str = "web"
    ) -> Walk:
        request = {
            "modelId": model,
            "messages": [{"role": "user", "content": [{"text": "hello"}]}],
            "inferenceConfig": {"maxTokens": max_tokens},
            "tags": {"team": team, "application": application},
            "requestId": f"r-{self.clock.time.timestamp()}-{max_tokens}-{team}",
        }
        self.clock.advance(seconds=1)
        tasks = {
            "Admit request": self._task("admit_request", admit_request.handler),
            "Invoke model": bedrock,
            "Settle reservation": self._task("settle_reservation", settle_reservation.handler),
            "Void reservation": self._task("void_reservation", void_reservation.handler),
        }
        return walk(MACHINE, request, tasks)

    def expire(self) -> dict[str, Any]:
        return self._task("expire_reservations", expire_reservations.handler)({})

    def project(self) -> dict[str, Any]:
        records = self._stream()
        fresh, self._shown = records[self._shown :], len(records)
        return self._task("project_entries", project_entries.handler)({"Records": fresh})

    def _task(self, name: str, handler: Any) -> Any:
        def run(payload: Any) -> Any:
            with self.recorder.as_function(name):
                return handler(payload, CONTEXT)

        return run

    def _stream(self) -> list[dict[str, Any]]:
        streams = boto3.client("dynamodbstreams", region_name="us-east-1")
        arn = streams.list_streams(TableName="ledger")["Streams"][0]["StreamArn"]
        (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        iterator = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        return list(streams.get_records(ShardIterator=iterator)["Records"])


def answering(output_tokens: int) -> Any:
    usage = {"InputTokens": 12, "OutputTokens": output_tokens, "TotalTokens": 12 + output_tokens}
    message = {"Role": "assistant", "Content": [{"Text": "hi"}]}
    answer = {"Output": {"Message": message}, "StopReason": "end_turn", "Usage": usage}
    return lambda _: answer | {"Metrics": {"LatencyMs": 5}}


def failing(error: str) -> Any:
    def call(_: Any) -> Any:
        raise TaskFailed(error, "no")

    return call


@pytest.fixture
def house(monkeypatch) -> Iterator[House]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("SENTRY_STAGE", "test")
    monkeypatch.setenv("SENTRY_TABLE_NAME", "ledger")
    _forget_parts()
    clock, recorder = ManualClock(SystemClock().now()), Recorder()
    with mock_aws():
        topic = boto3.client("sns", region_name="us-east-1").create_topic(Name="alerts")
        monkeypatch.setenv("SENTRY_ALERT_TOPIC_ARN", topic["TopicArn"])
        monkeypatch.setattr(bootstrap, "clock", lambda: clock)
        monkeypatch.setattr(bootstrap, "token_counter", lambda: None)  # it would ask Bedrock
        _create_table()
        books = DynamoDbBooks(bootstrap.ledger_calls(), lambda _: None, clock)
        store = DynamoDbConfigStore(bootstrap.ledger_calls(), clock)
        config = _too_little_for_growth(load_config(ROOT / "examples" / "sentry.yaml").config)
        apply_config(config, store=store, books=books, clock=clock)
        bootstrap.dynamodb_client().meta.events.register(
            "provide-client-params.dynamodb", recorder.note
        )
        yield House(clock, recorder)
    _forget_parts()


def _too_little_for_growth(config: SentryConfig) -> SentryConfig:
    """The example, with a budget that a large call of the dear model never fits."""
    budgets = [
        replace(budget, limit=picodollars("0.10")) if budget.id == "growth-daily" else budget
        for budget in config.budgets
    ]
    return replace(config, budgets=tuple(budgets))


def _forget_parts() -> None:
    for _, part in inspect.getmembers(bootstrap, lambda member: hasattr(member, "cache_clear")):
        part.cache_clear()


def _create_table() -> None:
    names = ("pk", "sk")
    boto3.client("dynamodb", region_name="us-east-1").create_table(
        TableName="ledger",
        KeySchema=[
            {"AttributeName": name, "KeyType": kind}
            for name, kind in zip(names, ("HASH", "RANGE"), strict=True)
        ],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )


@pytest.mark.slow
def test_no_function_asks_the_ledger_for_what_its_role_does_not_allow(house, dev):
    allowed = house.call(SONNET, 500, "search", answering(400))
    rerouted = house.call(SONNET, 8000, "growth", answering(10))
    voided = house.call(SONNET, 500, "search", failing("BedrockRuntime.ThrottlingException"))
    overrun = house.call(OPUS, 100, "research", answering(30_000))
    refused = house.call(OPUS, 8000, "research", answering(10))
    # More running calls than one shard holds, so that it splits.
    running = [
        house.call(SONNET, 500, "support", failing("States.Timeout"))
        for _ in range(PENDING_MAX + 2)
    ]
    projected = house.project()
    house.clock.advance(seconds=600)
    expired = house.expire()
    house.project()
    house.clock.time += timedelta(days=40)
    tidied = house.expire()

    # What was asked for did happen, or the calls below would prove nothing.
    assert allowed.output["sentry"]["status"] == "SETTLED"
    assert rerouted.output["sentry"]["decision"] == "REROUTE"
    assert json.loads(voided.cause)["sentry"]["status"] == "VOIDED"
    assert overrun.output["sentry"]["overrun"] is True
    assert refused.output["sentry"]["code"] == "BUDGET_EXHAUSTED"
    assert {call.error for call in running} == {"States.Timeout"}
    assert projected == {"batchItemFailures": []}
    assert expired["expired"] == len(running)
    assert tidied["tidied"] > 0
    functions = {function for function, _, _ in house.recorder.calls}
    assert functions == {
        "admit_request",
        "settle_reservation",
        "void_reservation",
        "expire_reservations",
        "project_entries",
    }
    assert denied(house, dev) == set()


def denied(house, dev):
    permissions = dev.permissions()
    return {
        (function, action, *keys)
        for function, action, keys in house.recorder.calls
        if not allows(
            permissions, role=f"<Functions/{pascal(function)}/Role>", action=action, keys=keys
        )
    }


@pytest.mark.slow
def test_neither_does_one_while_a_crowded_budget_runs_out(house, dev):
    """Pools stand between it and most shards, and what they have is looked for everywhere."""
    with small_sizes({"PENDING_MAX": 1, "DEEP_FACTOR": 1, "DIRECT_PLACES_MAX": 1, "POOLS": 3}):
        codes = [
            house.call(
                SONNET,
                8_000,
                "growth",
                answering((7_900, 7_900, 60)[n % 3]),
                application=f"app-{n}",
            ).output["sentry"]["code"]
            for n in range(15)
        ]
        house.expire()

    queried = {(f, *k) for f, action, k in house.recorder.calls if action == "dynamodb:Query"}
    assert "BUDGET_EXHAUSTED" in codes
    assert ("admit_request", "BUDGET#growth-daily") in queried
    assert denied(house, dev) == set()


@pytest.mark.slow
def test_the_alert_of_a_crossed_threshold_may_be_recorded_and_sent(house, dev):
    for _ in range(3):
        house.call(OPUS, 8000, "research", answering(7_900))
    done = house.project()

    sent = {(a, *k) for f, a, k in house.recorder.calls if f == "project_entries"}
    assert done == {"batchItemFailures": []}
    assert ("dynamodb:DeleteItem", "ALERTS") in sent
    permissions = dev.permissions()
    for function, action, keys in house.recorder.calls:
        assert allows(
            permissions, role=f"<Functions/{pascal(function)}/Role>", action=action, keys=keys
        ), (function, action, keys)
