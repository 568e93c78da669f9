"""The deployed sentry on moto: real handlers in the real state machine, every call written down."""

import contextlib
import inspect
import json
import pathlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from cost_sentry import bootstrap
from cost_sentry.adapters import aws_clients
from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_config_store import DynamoDbConfigStore
from cost_sentry.application.apply_config import apply_config
from cost_sentry.bootstrap import approvals, incidents, mails, sleeping, table, usage
from cost_sentry.domain.circuit import CircuitRules
from cost_sentry.domain.money import picodollars
from cost_sentry.domain.retry import RetryRules
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.handlers import (
    admit_request,
    expire_reservations,
    note_fault,
    project_entries,
    settle_reservation,
    void_reservation,
)
from cost_sentry_client.config_file.load import load_config
from tests.fakes.builders import ManualClock, allowance
from tests.fakes.clock_of_today import clock_of_today
from tests.fakes.dynamodb_table import create_answer_table
from tests.statemachines.walker import TaskFailed, Walk, walk

ROOT = pathlib.Path(__file__).parents[2]
MACHINE = json.loads((ROOT / "statemachines" / "guarded_invocation.asl.json").read_text())
SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
OPUS = "us.anthropic.claude-opus-4-5-20251101-v1:0"
SINGLE = {"GetItem", "PutItem", "UpdateItem", "DeleteItem"}
CONTEXT = type("Context", (), {"aws_request_id": "r", "function_name": "f"})()


class Recorder:
    """Which actions of DynamoDB and S3 were asked for, on which keys, by which function."""

    def __init__(self) -> None:
        self.calls: set[tuple[str, str, frozenset[str]]] = set()
        self.requests: Counter[str] = Counter()
        """How often S3 was asked for what."""
        self.table_is_silent = False
        self._function = ""

    @contextlib.contextmanager
    def as_function(self, name: str) -> Iterator[None]:
        self._function = name
        yield
        self._function = ""

    def listening(self, client: Any) -> Any:
        """The client, whose calls are noted from now on."""
        service, call = client.meta.service_model.service_name, client._make_api_call

        def noted(operation: str, params: dict[str, Any]) -> Any:
            if service == "dynamodb" and self.table_is_silent:
                raise EndpointConnectionError(endpoint_url="the table")
            if service == "s3":
                self.requests[operation] += 1
            if service in _ACCESSES:
                self._note(service, _ACCESSES[service](operation, params))
            try:
                return call(operation, params)
            except ClientError as error:
                if error.response["Error"]["Code"] == "NoSuchKey":
                    # Only whoever may list it is told so; everybody else is refused.
                    self._note("s3", [("ListBucket", params["Key"])])
                raise

        client._make_api_call = noted
        return client

    def _note(self, service: str, accesses: Iterable[tuple[str, str]]) -> None:
        if self._function:
            for action, key in accesses:
                self.calls.add((self._function, f"{service}:{action}", frozenset({key})))

    def accesses(self, function: str, service: str) -> set[tuple[str, str]]:
        """Actions of one service and their keys, up to the first separator."""
        return {
            (action.removeprefix(f"{service}:"), key.split("/")[0])
            for name, action, keys in self.calls
            for key in keys
            if name == function and action.startswith(f"{service}:")
        }


def _of_dynamodb(operation: str, params: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if operation in {"TransactWriteItems", "TransactGetItems"}:
        for item in params["TransactItems"]:
            ((verb, body),) = item.items()
            yield f"{verb}Item", (body.get("Key") or body["Item"])["pk"]["S"]
    elif operation == "BatchGetItem":
        ((_, asked),) = params["RequestItems"].items()
        for key in asked["Keys"]:
            yield operation, key["pk"]["S"]
    elif operation == "Query":
        yield operation, params["ExpressionAttributeValues"][":pk"]["S"]
    else:
        assert operation in SINGLE, f"the recorder does not know {operation}"
        yield operation, (params.get("Key") or params["Item"])["pk"]["S"]


def _of_s3(operation: str, params: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if operation == "ListObjectsV2":
        yield "ListBucket", params["Prefix"]
    else:
        assert operation in {"GetObject", "PutObject", "DeleteObject"}, operation
        if operation == "PutObject" and not params["Key"].startswith(("slots/", "config")):
            assert params["IfNoneMatch"] == "*", "the bucket's policy refuses it"
        yield operation, params["Key"]


_ACCESSES: dict[str, Callable[[str, dict[str, Any]], Iterator[tuple[str, str]]]] = {
    "dynamodb": _of_dynamodb,
    "s3": _of_s3,
}


class House:
    """The deployed sentry without AWS: table, topic, handlers, and time that a test moves."""

    def __init__(self, clock: ManualClock, recorder: Recorder) -> None:
        self.clock, self.recorder = clock, recorder
        self._shown = 0
        self._last: tuple[dict[str, Any], dict[str, Any]] = {}, {}

    def put_in_force(self, config: SentryConfig) -> None:
        books = DynamoDbBooks(bootstrap.ledger_calls(), lambda _: None, self.clock)
        store = DynamoDbConfigStore(bootstrap.ledger_calls(), self.clock)
        apply_config(config, store=store, books=books, clock=self.clock)
        self.new_environments()

    def call(
        self,
        model: str,
        max_tokens: int,
        team: str,
        bedrock: Any,
        application: str = "web",
        **more: Any,
    ) -> Walk:
        request = {
            **more,
            "modelId": model,
            "messages": [{"role": "user", "content": [{"text": "hello"}]}],
            "inferenceConfig": {"maxTokens": max_tokens},
            "tags": {"team": team, "application": application},
            "requestId": f"r-{self.clock.time.timestamp()}-{max_tokens}-{team}",
        }
        self.clock.advance(seconds=1)
        caller = {"team": team, "application": "", "workflow": f"CostSentry-dev_{team}"}
        return self.answer(caller, request, bedrock)

    def answer(self, caller: dict[str, str], request: Any, bedrock: Any) -> Walk:
        """What this caller's workflow makes of a request."""
        admit = self.task("admit_request", admit_request.handler)
        tasks = {
            "Admit request": lambda payload: admit(payload | {"caller": caller}),
            "Invoke model": bedrock,
            "Settle reservation": self.task("settle_reservation", settle_reservation.handler),
            "Void reservation": self.task("void_reservation", void_reservation.handler),
            "Admit request again": lambda payload: admit(payload | {"caller": caller}),
            "Note fault": self.task("note_fault", note_fault.handler),
        }
        self._last = request, tasks
        return self.repeat()

    def repeat(self) -> Walk:
        """The last call, sent again as it was."""
        request, tasks = self._last
        return walk(MACHINE, request, tasks, started_at=self.clock.time.isoformat())

    def expire(self) -> dict[str, Any]:
        return self.task("expire_reservations", expire_reservations.handler)({})

    def new_environments(self) -> None:
        """Functions that start now know nothing of before."""
        _forget_parts()

    def project(self) -> dict[str, Any]:
        records = self._stream()
        fresh, self._shown = records[self._shown :], len(records)
        return self.task("project_entries", project_entries.handler)({"Records": fresh})

    def task(self, name: str, handler: Any) -> Any:
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


@contextlib.contextmanager
def running_house(monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """Table, topic and bucket stand, and the example's configuration is in force."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("SENTRY_STAGE", "test")
    monkeypatch.setenv("SENTRY_TABLE_NAME", "ledger")
    monkeypatch.setenv("SENTRY_ANSWER_TABLE_NAME", "answers")
    monkeypatch.setenv("SENTRY_APPROVAL_WORKFLOW_ARN", "approvals")
    monkeypatch.setenv("SENTRY_EMERGENCY_BUCKET_NAME", "emergency")
    _forget_parts()
    clock, recorder = clock_of_today(), Recorder()
    with mock_aws():
        topic = boto3.client("sns", region_name="us-east-1").create_topic(Name="alerts")
        monkeypatch.setenv("SENTRY_ALERT_TOPIC_ARN", topic["TopicArn"])
        monkeypatch.setattr(bootstrap, "clock", lambda: clock)
        monkeypatch.setattr(bootstrap, "token_counter", lambda: None)  # it would ask Bedrock
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="emergency")
        make = aws_clients._client
        monkeypatch.setattr(aws_clients, "_client", lambda *given: recorder.listening(make(*given)))
        _create_table()
        create_answer_table(boto3.client("dynamodb", region_name="us-east-1"), "answers")
        house = House(clock, recorder)
        house.put_in_force(_changed(load_config(ROOT / "examples" / "sentry.yaml").config))
        yield house
    _forget_parts()


def _changed(config: SentryConfig) -> SentryConfig:
    """A budget that a large call of the dear model never fits, and a few calls for an outage.

    And unwell models are watched, and refused calls tried again.

    Each team is one caller here, whatever applications its requests name.
    """
    budgets = [
        replace(budget, limit=picodollars("0.10")) if budget.id == "growth-daily" else budget
        for budget in config.budgets
    ]
    few = allowance(model_id=SONNET, input_tokens_max=2_000, output_tokens_max=500)
    teams = {id_: replace(team, applications={}) for id_, team in config.teams.items()}
    return replace(
        config,
        teams=teams,
        budgets=tuple(budgets),
        emergency_allowances=(few,),
        circuit_breaker=CircuitRules(failures=2),
        retries=RetryRules(percent=10),
    )


def _forget_parts() -> None:
    for module in (bootstrap, approvals, incidents, mails, sleeping, table, usage):
        for _, part in inspect.getmembers(module, lambda member: hasattr(member, "cache_clear")):
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
