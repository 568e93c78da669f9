"""The real adapter on moto: single-threaded, because moto has no lock."""

import boto3
import pytest
from moto import mock_aws

from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_calls import LedgerCalls
from tests.contract.ledger_contract import LedgerContract
from tests.contract.ledger_limits_contract import LedgerLimitsContract
from tests.contract.ledger_units_contract import LedgerUnitsContract
from tests.fakes.builders import ManualClock
from tests.fakes.dynamodb_table import create_table


@pytest.fixture
def calls(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        create_table(client, "ledger")
        yield LedgerCalls(client, "ledger")


def no_pause(_attempt):
    """A single thread has nobody to wait for."""


class TestDynamoDbLedger(LedgerContract, LedgerLimitsContract, LedgerUnitsContract):
    @pytest.fixture
    def ledger(self, calls):
        return DynamoDbLedger(calls, no_pause)

    @pytest.fixture
    def books(self, calls):
        return DynamoDbBooks(calls, no_pause, ManualClock())
