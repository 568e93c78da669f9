"""Collecting what can be seen from outside: raw items, logs, mails, and the provider's bills."""

import json
import time
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.request import urlopen

from cost_sentry_local.demo.answers import Answer
from cost_sentry_local.demo.audit_evidence import Evidence, Repeat, bill_of
from cost_sentry_local.demo.audit_instances import wakes_owed
from cost_sentry_local.demo.deployment import Stage
from cost_sentry_local.demo.ledger_view import LedgerView, ledger_view
from cost_sentry_local.demo.list_prices import ListPrices
from cost_sentry_local.demo.prompts import CANARY
from cost_sentry_local.mailbox import mails
from cost_sentry_local.sagemaker_control import instances
from cost_sentry_local.stand_in.tokenizer import words

_TIMEOUT_SECONDS = 30.0
_PROJECTED_WITHIN_SECONDS = 60.0
_POLL_SECONDS = 0.25
_ANSWER_WORDS = 8

Json = dict[str, Any]


def wait_for_journal(stage: Stage) -> None:
    """Until every write is in the journal and no mail waits; the auditor names what is missing."""
    deadline = time.monotonic() + _PROJECTED_WITHIN_SECONDS
    while time.monotonic() < deadline:
        behind = [shard for shard in _shards(stage) if not _projected(stage, shard)]
        if not behind and not list(_query(stage, "ALERTS")):
            return
        time.sleep(_POLL_SECONDS)


def collect(
    stage: Stage,
    *,
    answers: Sequence[Answer],
    repeats: Sequence[Repeat],
    without_ledger: Answer,
    samples: Sequence[LedgerView],
) -> Evidence:
    """Everything for the auditor."""
    items = list(_items(stage))
    with urlopen(  # noqa: S310 - loopback
        f"{stage.cloud.bedrock_endpoint}/_stand_in/calls", timeout=_TIMEOUT_SECONDS
    ) as answer:
        calls = json.load(answer)["calls"]
    ledger = ledger_view(items)
    return Evidence(
        ledger=ledger,
        wakes=_wakes(stage, ledger),
        samples=tuple(samples),
        answers=tuple(answers),
        repeats=tuple(repeats),
        without_ledger=without_ledger,
        bills=tuple(bill_of(row) for row in calls if row["operation"] == "Converse"),
        prices=ListPrices.read(),
        texts={
            "table items": tuple(json.dumps(item, default=str) for item in items),
            "log events": tuple(_log_events(stage)),
            "mails": tuple(f"{mail['subject']}\n{mail['body']}" for mail in mails(stage.cloud)),
        },
        canaries=(CANARY, words(_ANSWER_WORDS)),
    )


def _wakes(stage: Stage, ledger: LedgerView) -> dict[str, int]:
    held = {entry.held.request_id: entry.held for entry in ledger.entries if entry.held}
    rules = stage.config.endpoints
    minutes = rules.up_minutes_min if rules else 0
    return wakes_owed(held.values(), instances(stage.cloud), minutes)


def _items(stage: Stage) -> Iterator[Json]:
    pages = stage.dynamodb.get_paginator("scan").paginate(
        TableName=stage.table, ConsistentRead=True
    )
    for page in pages:
        yield from page["Items"]


def _shards(stage: Stage) -> Iterator[Json]:
    for line in _query(stage, "ACCOUNTS"):
        yield from _query(stage, f"ACCOUNT#{line['sk']['S']}")


def _projected(stage: Stage, shard: Json) -> bool:
    account, bits = (shard[name]["S"].partition("#")[2] for name in ("pk", "sk"))
    place = f"{account}#{bits}" if bits else account
    key = {"pk": {"S": f"PROJECTION#{place}"}, "sk": {"S": "PROGRESS"}}
    got = stage.dynamodb.get_item(TableName=stage.table, Key=key, ConsistentRead=True)
    progress = got.get("Item", {})
    told = int(progress.get("projected", {"N": "0"})["N"])
    return told == int(shard["sequence"]["N"]) and not progress.get("missing")


def _query(stage: Stage, pk: str) -> Iterator[Json]:
    pages = stage.dynamodb.get_paginator("query").paginate(
        TableName=stage.table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": pk}},
        ConsistentRead=True,
    )
    for page in pages:
        yield from page["Items"]


def _log_events(stage: Stage) -> Iterator[str]:
    """Every line that any function or workflow logged."""
    logs = stage.cloud.client("logs", attempts=3)
    for groups in logs.get_paginator("describe_log_groups").paginate():
        for group in groups["logGroups"]:
            pages = logs.get_paginator("filter_log_events").paginate(
                logGroupName=group["logGroupName"]
            )
            for page in pages:
                yield from (event["message"] for event in page["events"])
