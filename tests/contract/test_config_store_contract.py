"""What every store of the configuration must do: the real one on moto, and the fake."""

import boto3
import pytest
from moto import mock_aws

from cost_sentry.adapters.dynamodb_config_store import DOCUMENT_BYTES_MAX, DynamoDbConfigStore
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.domain.errors import ConfigurationError, LedgerContention, LedgerUnavailable
from tests.fakes.builders import NOON, ManualClock
from tests.fakes.dynamodb_table import create_table
from tests.fakes.memory_config_store import MemoryConfigStore

OLD = {"teams": {"suche": {"owners": ["größe@example.com"]}}, "limit": "12.50"}
NEW = {"teams": {}}


@pytest.fixture
def client(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        create_table(client, "ledger")
        yield client


@pytest.fixture
def table(client):
    return DynamoDbConfigStore(LedgerCalls(client, "ledger"), ManualClock())


@pytest.fixture(params=["memory", "table"])
def store(request):
    return MemoryConfigStore() if request.param == "memory" else request.getfixturevalue("table")


def test_an_empty_store_holds_nothing(store):
    assert store.read() is None


def test_what_was_written_is_read_back(store):
    store.write("v1", OLD, None)

    assert store.read() == ("v1", OLD)


def test_a_later_version_replaces_the_one_it_names(store):
    store.write("v1", OLD, None)
    assert store.read() == ("v1", OLD)

    store.write("v2", NEW, "v1")

    assert store.read() == ("v2", NEW)


def test_fails_when_another_operator_was_first(store):
    store.write("v1", OLD, None)

    with pytest.raises(LedgerContention):
        store.write("v2", NEW, None)

    assert store.read() == ("v1", OLD)


def test_fails_when_the_replaced_version_is_no_longer_in_force(store):
    store.write("v1", OLD, None)
    store.write("v2", NEW, "v1")

    with pytest.raises(LedgerContention):
        store.write("v3", OLD, "v1")

    assert store.read() == ("v2", NEW)


def test_fails_when_the_replaced_version_never_was(store):
    with pytest.raises(LedgerContention):
        store.write("v2", NEW, "v1")

    assert store.read() is None


def test_a_write_whose_answer_was_lost_may_be_repeated(store):
    store.write("v1", OLD, None)

    store.write("v1", OLD, None)

    assert store.read() == ("v1", OLD)


def test_the_table_holds_one_readable_item_with_its_time(client, table):
    table.write("v1", OLD, None)

    (item,) = client.scan(TableName="ledger")["Items"]
    assert (item["pk"], item["sk"]) == ({"S": "CONFIG"}, {"S": "CURRENT"})
    assert item["applied_at"] == {"S": NOON.isoformat()}
    assert "größe" in item["document"]["S"]


def test_fails_before_dynamodb_does_when_the_document_is_too_large(table):
    with pytest.raises(ConfigurationError, match=f"at most {DOCUMENT_BYTES_MAX} fit"):
        table.write("v1", {"teams": "x" * DOCUMENT_BYTES_MAX}, None)

    assert table.read() is None


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_document_that_was_damaged_is_not_guessed_at(client, table, text):
    table.write("v1", OLD, None)
    client.update_item(
        TableName="ledger",
        Key={"pk": {"S": "CONFIG"}, "sk": {"S": "CURRENT"}},
        UpdateExpression="SET #d = :d",
        ExpressionAttributeNames={"#d": "document"},
        ExpressionAttributeValues={":d": {"S": text}},
    )

    with pytest.raises(ConfigurationError, match=r"apply sentry\.yaml again"):
        table.read()


def test_a_table_that_cannot_be_asked_is_unavailable(client):
    table = DynamoDbConfigStore(LedgerCalls(client, "elsewhere"), ManualClock())

    with pytest.raises(LedgerUnavailable):
        table.read()
