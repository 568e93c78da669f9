"""The journal's real adapters on any table, and on moto's: single-threaded, it has no lock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from moto import mock_aws

from cost_sentry.adapters.dynamodb_alert_outbox import DynamoDbAlertOutbox
from cost_sentry.adapters.dynamodb_decision_log import DynamoDbDecisionLog
from cost_sentry.adapters.dynamodb_journal import DynamoDbJournal
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.dynamodb_meters import DynamoDbMeters
from cost_sentry.adapters.ledger_calls import LedgerCalls
from tests.fakes.builders import NOON
from tests.fakes.dynamodb_table import create_table


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalOnTable:
    client: Any
    items: LedgerCalls
    journal: DynamoDbJournal
    outbox: DynamoDbAlertOutbox
    log: DynamoDbDecisionLog
    meters: DynamoDbMeters


def no_pause(_attempt: int) -> None:
    """A single thread has nobody to wait for."""


def journal_on(client: Any, table: str, pause: Callable[[int], None]) -> JournalOnTable:
    items, calls = LedgerCalls(client, table), JournalCalls(client, table)
    return JournalOnTable(
        client=client,
        items=items,
        journal=DynamoDbJournal(calls, items, pause),
        outbox=DynamoDbAlertOutbox(items, pause),
        log=DynamoDbDecisionLog(calls),
        meters=DynamoDbMeters(calls, items, lambda: NOON),
    )


@contextmanager
def journal_on_moto() -> Iterator[JournalOnTable]:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1", **keys)
        create_table(client, "ledger")
        yield journal_on(client, "ledger", no_pause)
