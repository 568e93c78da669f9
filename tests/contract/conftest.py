"""An empty store of whatever engine a test's row names."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cost_sentry_client.simulation.ledger import SimulatedLedger
from tests.contract.engines import MEMORY, SIMULATED, LedgerOn, Table, empty_table, ledger_on
from tests.fakes.memory_ledger import MemoryLedger


@pytest.fixture
def moto_client(monkeypatch) -> Iterator[Any]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        yield boto3.client("dynamodb", region_name="us-east-1", **keys)


@pytest.fixture
def emulator_client(local_cloud) -> Any:
    return local_cloud.client("dynamodb", attempts=3)


@pytest.fixture
def dynoxide_client(dynoxide) -> Any:
    return dynoxide.client(attempts=3)


@pytest.fixture
def moto_streams_client(moto_client) -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client("dynamodbstreams", region_name=moto_client.meta.region_name, **keys)


@pytest.fixture
def emulator_streams_client(local_cloud) -> Any:
    return local_cloud.client("dynamodbstreams")


@pytest.fixture
def dynoxide_streams_client(dynoxide) -> Any:
    return dynoxide.streams_client()


@pytest.fixture
def table(engine: str, request) -> Iterator[Table]:
    """An empty table on the DynamoDB of this row."""
    with empty_table(request.getfixturevalue(f"{engine}_client")) as made:
        yield made


@pytest.fixture
def ledger_of_row(engine: str, request) -> LedgerOn:
    if engine in (MEMORY, SIMULATED):
        both = MemoryLedger() if engine == MEMORY else SimulatedLedger()
        return LedgerOn(ledger=both, books=both)
    return ledger_on(request.getfixturevalue("table"))


@pytest.fixture
def ledger(ledger_of_row: LedgerOn):
    return ledger_of_row.ledger


@pytest.fixture
def books(ledger_of_row: LedgerOn):
    return ledger_of_row.books
