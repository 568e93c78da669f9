"""What every store of circuits and every retry bank must do: the real ones, and the fakes."""

from datetime import timedelta

import pytest

from cost_sentry.adapters.circuit_items import bank_key, circuits_key
from cost_sentry.adapters.dynamodb_circuits import DynamoDbCircuits
from cost_sentry.adapters.dynamodb_retries import DynamoDbRetries
from cost_sentry.domain.circuit import Tally, bucket_of
from cost_sentry.domain.retry import PRICE, SAVED_RETRIES_MAX
from tests.contract.circuit_races import MODEL, OPEN, CircuitRaces
from tests.contract.engines import CONCURRENT_TABLES, EVERY, MEMORY, TABLES
from tests.contract.race import race
from tests.fakes.builders import NOON
from tests.fakes.memory_circuits import MemoryCircuits, MemoryRetries

REGION = "eu-west-1"
PROBED = OPEN.probed_by("search/web#r1", NOON + timedelta(seconds=31.5))
BUCKET = bucket_of(NOON)
CAP = SAVED_RETRIES_MAX * PRICE


@pytest.mark.parametrize("engine", EVERY)
class TestCircuitStore:
    @pytest.fixture
    def store(self, engine, request):
        if engine == MEMORY:
            return MemoryCircuits()
        return DynamoDbCircuits(request.getfixturevalue("table").items, REGION)

    def test_at_first_every_circuit_is_closed(self, store):
        assert store.read() == {}

    def test_what_was_put_there_is_read_back(self, store):
        assert store.change(MODEL, None, OPEN)
        assert store.change("another.model-v1:0", None, PROBED)

        assert store.read() == {MODEL: OPEN, "another.model-v1:0": PROBED}

    def test_a_change_replaces_only_what_it_has_seen(self, store):
        store.change(MODEL, None, OPEN)

        assert not store.change(MODEL, None, PROBED)
        assert not store.change(MODEL, PROBED, None)
        assert store.change(MODEL, OPEN, PROBED)
        assert not store.change(MODEL, OPEN, PROBED)
        assert store.read() == {MODEL: PROBED}

    def test_a_circuit_that_closes_is_gone(self, store):
        store.change(MODEL, None, OPEN)

        assert store.change(MODEL, OPEN, None)
        assert store.read() == {}

    def test_counts_add_up_from_a_bucket_on(self, store):
        for bucket in (BUCKET - 5, BUCKET, BUCKET, BUCKET + 5):
            store.count(MODEL, bucket, Tally(calls=3, failures=1))
        store.count("another.model-v1:0", BUCKET, Tally(calls=100, failures=100))

        assert store.tally(MODEL, BUCKET) == (9, 3)
        assert store.tally(MODEL, BUCKET + 5) == (3, 1)
        assert store.tally(MODEL, BUCKET + 10) == (0, 0)

    def test_what_is_forgotten_counts_no_more_and_what_comes_later_does(self, store):
        store.count(MODEL, BUCKET, Tally(calls=3, failures=1))

        store.forget(MODEL, NOON + timedelta(seconds=2))
        store.count(MODEL, BUCKET + 5, Tally(calls=2, failures=2))

        assert store.tally(MODEL, BUCKET) == (2, 2)


@pytest.mark.parametrize("engine", EVERY)
class TestRetryBank:
    @pytest.fixture
    def bank(self, engine, request):
        if engine == MEMORY:
            return MemoryRetries()
        return DynamoDbRetries(request.getfixturevalue("table").items, REGION, lambda _: None)

    def test_nothing_earned_grants_nothing(self, bank):
        assert not bank.grant("search/web", "r1~2", NOON)
        assert bank.granted_at("search/web", "r1~2") is None

    def test_what_is_earned_is_spent_once(self, bank):
        bank.earn(PRICE - 1)
        assert not bank.grant("search/web", "r1~2", NOON)
        bank.earn(1)

        assert bank.grant("search/web", "r1~2", NOON)
        assert not bank.grant("search/web", "r2~2", NOON)
        assert bank.granted_at("search/web", "r1~2") == NOON

    def test_the_same_attempt_is_granted_again_and_paid_once(self, bank):
        bank.earn(2 * PRICE)

        assert [bank.grant("search/web", "r1~2", NOON) for _ in range(3)] == [True] * 3
        assert bank.grant("search/web", "r2~2", NOON)

    def test_an_id_of_another_account_is_another_attempt(self, bank):
        bank.earn(PRICE)
        bank.grant("search/web", "r1~2", NOON)

        assert not bank.grant("search/app", "r1~2", NOON)

    def test_no_more_is_saved_than_the_cap(self, bank):
        for _ in range(3):
            bank.earn(CAP - 30)
            bank.earn(77)

        granted = [bank.grant("search/web", f"r{n}~2", NOON) for n in range(SAVED_RETRIES_MAX + 5)]
        assert granted.count(True) == SAVED_RETRIES_MAX


@pytest.mark.parametrize("engine", TABLES)
class TestFullBank:
    @pytest.mark.parametrize("saved", [CAP, 5 * CAP])
    def test_it_is_asked_twice_and_holds_its_cap_also_if_an_older_one_was_larger(
        self, table, saved
    ):
        there = {**bank_key(REGION), "parts": {"N": str(saved)}}
        table.client.put_item(TableName=table.name, Item=there)
        pauses = []

        DynamoDbRetries(table.items, REGION, pauses.append).earn(77)

        assert pauses == []
        assert table.items.get(bank_key(REGION))["parts"] == {"N": str(CAP)}


@pytest.mark.parametrize("engine", TABLES)
class TestBrokenItems:
    def test_a_circuit_that_cannot_be_read_is_closed(self, table):
        broken = {"circuit a": {"S": "["}, "circuit b": {"S": "[9,1]"}, "circuit c": {"N": "1"}}
        table.client.put_item(
            TableName=table.name, Item={**circuits_key(REGION), **broken, "circuit d": {"S": "[]"}}
        )

        assert DynamoDbCircuits(table.items, REGION).read() == {}

    def test_another_region_has_circuits_of_its_own(self, table):
        DynamoDbCircuits(table.items, REGION).change(MODEL, None, OPEN)

        assert DynamoDbCircuits(table.items, "us-east-1").read() == {}


@pytest.mark.parametrize("engine", CONCURRENT_TABLES)
class TestRaces(CircuitRaces):
    @pytest.fixture
    def store(self, table):
        return lambda: DynamoDbCircuits(table.items, REGION)

    def test_counts_of_many_lose_nothing(self, table):
        def count(_):
            DynamoDbCircuits(table.items, REGION).count(MODEL, BUCKET, Tally(2, 1))

        race(8, 8, count)

        assert DynamoDbCircuits(table.items, REGION).tally(MODEL, BUCKET) == (16, 8)

    def test_many_who_spend_at_once_spend_no_more_than_was_earned(self, table):
        def bank():
            return DynamoDbRetries(table.items, REGION, lambda _: None)

        def work(number):
            if number % 4 == 0:
                bank().earn(90)
            else:  # Attempts are asked for twice, as by invocations that are repeated.
                bank().grant("search/web", f"r{number // 2}~2", NOON)

        race(8, 32, work)

        granted = [n for n in range(16) if bank().granted_at("search/web", f"r{n}~2")]
        item = table.items.get(bank_key(REGION))
        left = int(item["parts"]["N"])
        assert len(granted) * PRICE + left <= 8 * 90
        assert left >= 0
        assert granted
