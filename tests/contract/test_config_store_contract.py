"""What every store of the configuration must do: the real one on any DynamoDB, and the fake."""

import pytest

from cost_sentry.adapters.dynamodb_config_store import DynamoDbConfigStore
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.application.config_size import DOCUMENT_BYTES_MAX
from cost_sentry.domain.errors import (
    ConfigurationError,
    DamagedDocument,
    LedgerContention,
    LedgerUnavailable,
)
from tests.contract.engines import CONCURRENT_TABLES, EVERY, MEMORY, TABLES
from tests.contract.race import race
from tests.fakes.builders import NOON, ManualClock
from tests.fakes.memory_config_store import MemoryConfigStore

OLD = {"teams": {"suche": {"owners": ["größe@example.com"]}}, "limit": "12.50"}
NEW = {"teams": {}}


@pytest.mark.parametrize("engine", EVERY)
class TestConfigStore:
    @pytest.fixture
    def store(self, engine, request):
        if engine == MEMORY:
            return MemoryConfigStore()
        return DynamoDbConfigStore(request.getfixturevalue("table").items, ManualClock())

    def test_an_empty_store_holds_nothing(self, store):
        assert store.read() is None

    def test_what_was_written_is_read_back(self, store):
        store.write("v1", OLD, None)

        assert store.read() == ("v1", OLD)

    def test_a_later_version_replaces_the_one_it_names(self, store):
        store.write("v1", OLD, None)
        assert store.read() == ("v1", OLD)

        store.write("v2", NEW, "v1")

        assert store.read() == ("v2", NEW)

    def test_fails_when_another_operator_was_first(self, store):
        store.write("v1", OLD, None)

        with pytest.raises(LedgerContention):
            store.write("v2", NEW, None)

        assert store.read() == ("v1", OLD)

    def test_fails_when_the_replaced_version_is_no_longer_in_force(self, store):
        store.write("v1", OLD, None)
        store.write("v2", NEW, "v1")

        with pytest.raises(LedgerContention):
            store.write("v3", OLD, "v1")

        assert store.read() == ("v2", NEW)

    def test_fails_when_the_replaced_version_never_was(self, store):
        with pytest.raises(LedgerContention):
            store.write("v2", NEW, "v1")

        assert store.read() is None

    def test_a_write_whose_answer_was_lost_may_be_repeated(self, store):
        store.write("v1", OLD, None)

        store.write("v1", OLD, None)

        assert store.read() == ("v1", OLD)


@pytest.mark.parametrize("engine", TABLES)
class TestConfigStoreOnATable:
    @pytest.fixture
    def store(self, table):
        return DynamoDbConfigStore(table.items, ManualClock())

    def test_the_table_holds_one_readable_item_with_its_time(self, table, store):
        store.write("v1", OLD, None)

        (item,) = table.client.scan(TableName=table.name)["Items"]
        assert (item["pk"], item["sk"]) == ({"S": "CONFIG"}, {"S": "CURRENT"})
        assert item["applied_at"] == {"S": NOON.isoformat()}
        assert "größe" in item["document"]["S"]

    def test_fails_before_dynamodb_does_when_the_document_is_too_large(self, store):
        with pytest.raises(ConfigurationError, match=f"at most {DOCUMENT_BYTES_MAX} fit"):
            store.write("v1", {"teams": "x" * DOCUMENT_BYTES_MAX}, None)

        assert store.read() is None

    def test_the_largest_document_it_takes_fits_into_the_table(self, store):
        around = len('{"teams":""}')
        document = {"teams": "x" * (DOCUMENT_BYTES_MAX - around)}

        store.write("v1", document, None)

        assert store.read() == ("v1", document)

    @pytest.mark.parametrize("text", ["{", "[]"])
    def test_a_document_that_was_damaged_is_not_guessed_at(self, table, store, text):
        store.write("v1", OLD, None)
        table.client.update_item(
            TableName=table.name,
            Key={"pk": {"S": "CONFIG"}, "sk": {"S": "CURRENT"}},
            UpdateExpression="SET #d = :d",
            ExpressionAttributeNames={"#d": "document"},
            ExpressionAttributeValues={":d": {"S": text}},
        )

        with pytest.raises(DamagedDocument, match=r"apply sentry\.yaml again") as damaged:
            store.read()

        assert damaged.value.version == "v1"
        store.write("v2", NEW, damaged.value.version)
        assert store.read() == ("v2", NEW)

    def test_what_is_left_of_a_version_is_replaced_by_that_version(self, table, store):
        store.write("v1", NEW, None)

        store.write("v1", OLD, "v1")

        assert DynamoDbConfigStore(table.items, ManualClock()).read() == ("v1", OLD)

    def test_a_table_that_cannot_be_asked_is_unavailable(self, table):
        store = DynamoDbConfigStore(LedgerCalls(table.client, "elsewhere"), ManualClock())

        with pytest.raises(LedgerUnavailable):
            store.read()


@pytest.mark.parametrize("engine", CONCURRENT_TABLES)
def test_of_operators_who_apply_at_once_one_is_first_and_the_others_are_told(table):
    store = DynamoDbConfigStore(table.items, ManualClock())
    store.write("v0", OLD, None)

    def apply(number):
        try:
            store.write(f"v{number + 1}", NEW, "v0")
        except LedgerContention:
            return None
        return f"v{number + 1}", NEW

    [first] = [won for won in race(8, 8, apply) if won]

    assert store.read() == first
