"""What every store of sleep records must do: the real one, and the fake."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.adapters.dynamodb_sleeps import PARTITION, DynamoDbSleeps
from cost_sentry.domain.endpoint import Snapshot
from cost_sentry.domain.endpoint_saving import Saving
from cost_sentry.domain.endpoint_sleep import SleepState, Slept, claimed, first_sleep, moved
from cost_sentry.domain.errors import InvariantViolated
from tests.contract.engines import CONCURRENT_TABLES, EVERY, MEMORY, TABLES
from tests.contract.race import race
from tests.fakes.builders import NOON, reservation
from tests.fakes.memory_sleeps import MemorySleeps
from tests.unit.domain.test_endpoint_plan import endpoint

SNAPSHOT = Snapshot(endpoint=endpoint(parts=("main",), unfit=""), content='{"config":{"é":1}}')
FIRST = first_sleep(SNAPSHOT, None, NOON)
WHOLE = replace(
    FIRST,
    state=SleepState.RESTORING,
    slept_at=NOON,
    wakes=3,
    held=reservation(),
    is_asking=True,
    has_begun=True,
    posted_picodollars=704 * 10**9,
    restoring_since=NOON + timedelta(milliseconds=1),
    failures=2,
    not_before=NOON + timedelta(hours=1),
    prices={"ml.g5.xlarge": 10**12},
    total=Slept(sleeps=9, restores=8, seconds=7, saved_picodollars=10**20, unpriced_seconds=6),
    this=Saving(seconds=3, saved_picodollars=10**19, unpriced_seconds=1),
    months={"2026-11": Saving(seconds=7, saved_picodollars=10**20, unpriced_seconds=6)},
)


@pytest.mark.parametrize("engine", EVERY)
class TestSleepRecords:
    @pytest.fixture
    def store(self, engine, request):
        if engine == MEMORY:
            return MemorySleeps()
        return DynamoDbSleeps(request.getfixturevalue("table").items)

    def test_an_endpoint_that_never_slept_has_none(self, store):
        assert store.read("chat") is None
        assert store.all().records == []

    @pytest.mark.parametrize("record", [FIRST, WHOLE])
    def test_what_was_put_there_is_read_back(self, store, record):
        assert store.put(record, None)

        assert store.read("chat") == record

    def test_all_of_them_are_told_by_name(self, store):
        for name in ("b", "a", "c"):
            snapshot = replace(SNAPSHOT, endpoint=endpoint(name))
            store.put(first_sleep(snapshot, None, NOON), None)

        assert [record.endpoint for record in store.all().records] == ["a", "b", "c"]

    def test_a_write_replaces_only_what_it_has_seen(self, store):
        verified = moved(FIRST, SleepState.VERIFIED, NOON, "true")
        store.put(FIRST, None)

        assert not store.put(FIRST, None)
        assert store.put(verified, FIRST)
        assert not store.put(claimed(FIRST, NOON), FIRST)
        assert store.read("chat") == verified

    def test_a_repeated_write_is_told_that_it_is_late(self, store):
        store.put(FIRST, None)

        assert not store.put(FIRST, None)

    def test_that_somebody_asked_for_it_stays_until_it_is_there(self, store):
        store.put(FIRST, None)
        store.want("chat", NOON)
        verified = moved(FIRST, SleepState.VERIFIED, NOON, "true")
        store.put(verified, FIRST)
        assert store.read("chat").wanted_at == NOON

        store.put(moved(verified, SleepState.ABANDONED, NOON, "asked for"), verified)

        assert store.read("chat").wanted_at is None

    def test_who_asks_does_not_disturb_who_works_on_it(self, store):
        store.put(FIRST, None)

        store.want("chat", NOON)

        assert store.put(moved(FIRST, SleepState.VERIFIED, NOON, "true"), FIRST)

    def test_what_is_forgotten_is_gone_with_its_wish(self, store):
        store.put(FIRST, None)
        store.want("chat", NOON)

        assert store.forget(FIRST)
        assert not store.forget(FIRST)
        assert store.read("chat") is None
        assert store.put(FIRST, None)
        assert store.read("chat").wanted_at is None

    def test_what_somebody_wrote_since_is_not_forgotten(self, store):
        store.put(FIRST, None)
        store.put(claimed(FIRST, NOON), FIRST)

        assert not store.forget(FIRST)
        assert store.read("chat") == claimed(FIRST, NOON)

    def test_who_asks_for_a_stranger_leaves_nothing(self, store):
        store.want("stranger", NOON)

        assert store.read("stranger") is None
        assert store.all().records == []


@pytest.mark.parametrize("engine", TABLES)
def test_a_record_that_cannot_be_read_is_never_taken_for_none(table):
    broken = {"pk": {"S": PARTITION}, "sk": {"S": "chat"}, "sleep": {"S": '{"form":9}'}}
    table.client.put_item(TableName=table.name, Item=broken)

    with pytest.raises(InvariantViolated, match="chat"):
        DynamoDbSleeps(table.items).read("chat")


@pytest.mark.parametrize("engine", TABLES)
def test_a_record_that_cannot_be_read_hides_no_other_and_is_named(table):
    store = DynamoDbSleeps(table.items)
    store.put(FIRST, None)
    broken = {"pk": {"S": PARTITION}, "sk": {"S": "odd"}, "sleep": {"S": '{"form":9}'}}
    table.client.put_item(TableName=table.name, Item=broken)

    kept = store.all()

    assert kept.records == [FIRST]
    assert [one.endpoint for one in kept.unreadable] == ["odd"]
    assert "form 9" in kept.unreadable[0].why


@pytest.mark.parametrize("engine", CONCURRENT_TABLES)
def test_of_many_who_claim_at_once_one_has_it(table):
    store = DynamoDbSleeps(table.items)
    store.put(FIRST, None)
    won = []

    def claim(number):
        mine = claimed(FIRST, NOON + timedelta(seconds=number))
        if DynamoDbSleeps(table.items).put(mine, FIRST):
            won.append(number)

    race(8, 8, claim)

    assert len(won) == 1
    assert store.read("chat") == claimed(FIRST, NOON + timedelta(seconds=won[0]))
