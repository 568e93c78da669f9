"""The journal's real adapters on moto: single-threaded, because moto has no lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from moto import mock_aws

from cost_sentry.adapters.dynamodb_alert_outbox import DynamoDbAlertOutbox
from cost_sentry.adapters.dynamodb_decision_log import DynamoDbDecisionLog
from cost_sentry.adapters.dynamodb_journal import DynamoDbJournal
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.ledger_calls import LedgerCalls
from tests.fakes.dynamodb_table import create_table


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalOnMoto:
    client: Any
    items: LedgerCalls
    journal: DynamoDbJournal
    outbox: DynamoDbAlertOutbox
    log: DynamoDbDecisionLog


def no_pause(_attempt: int) -> None:
    """A single thread has nobody to wait for."""


@contextmanager
def journal_on_moto() -> Iterator[JournalOnMoto]:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1", **keys)
        create_table(client, "ledger")
        items, calls = LedgerCalls(client, "ledger"), JournalCalls(client, "ledger")
        yield JournalOnMoto(
            client=client,
            items=items,
            journal=DynamoDbJournal(calls, items, no_pause),
            outbox=DynamoDbAlertOutbox(items, no_pause),
            log=DynamoDbDecisionLog(calls),
        )
