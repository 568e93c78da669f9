"""What every store of measures must do: the real one on any DynamoDB, and the fake."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.adapters.dynamodb_config_store import CachedConfigSource, DynamoDbConfigStore
from cost_sentry.adapters.dynamodb_measures import DynamoDbMeasures
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.measure_items import CONFIG_KEY
from cost_sentry.adapters.system_clock import pause
from cost_sentry.application.config_document import config_to_document
from cost_sentry.domain.errors import ConfigurationError, LedgerUnavailable
from cost_sentry.domain.measure import MEASURES_MAX, MeasureKind, MeasuresFull
from tests.contract.engines import CONCURRENT, EVERY, MEMORY, TABLES
from tests.contract.race import race
from tests.fakes.builders import NOON, ManualClock, budget, measure
from tests.fakes.configurations import configuration
from tests.fakes.memory_measures import MemoryMeasures

IN_FORCE = configuration(budget())
ALL_KINDS = (
    measure("f"),
    measure("t", kind=MeasureKind.TIGHTEN, amount=12 * 10**12, scope={"model": "größe"}),
    measure(
        "r", kind=MeasureKind.RAISE, scope={}, amount=0, budget_id="search-daily", budget_kind="k"
    ),
    measure("g", kind=MeasureKind.GRANT, price_class="premium"),
)


def applied(table, clock=None):
    store = DynamoDbConfigStore(table.items, clock or ManualClock())
    store.write(IN_FORCE.version, config_to_document(IN_FORCE), None)
    return store


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def store(engine, request, clock):
    if engine == MEMORY:
        return MemoryMeasures(clock)
    table = request.getfixturevalue("table")
    applied(table)
    return DynamoDbMeasures(table.items, pause, clock)


@pytest.mark.parametrize("engine", EVERY)
class TestMeasures:
    def test_at_first_there_are_none(self, store):
        assert store.measures() == ()

    def test_what_nobody_can_need_any_more_is_forgotten_and_a_raise_only_once_it_was_lifted(
        self, store, clock
    ):
        for one in ALL_KINDS:
            store.put(one)
        clock.advance(days=40)
        store.forget_gone()
        [left] = store.measures()
        store.lift(left)
        store.forget_gone()

        assert left.kind is MeasureKind.RAISE
        assert store.measures() == ()

    def test_every_kind_is_read_back_as_it_was_put(self, store):
        for one in ALL_KINDS:
            store.put(one)

        assert store.measures() == ALL_KINDS

    def test_putting_twice_is_putting_once(self, store):
        assert store.put(measure()) == store.put(measure()) == (measure(),)

    def test_what_was_lifted_stays_lifted_whoever_puts_it_again(self, store, clock):
        store.put(measure())
        clock.advance(minutes=1)

        store.lift(measure())

        ended = measure().lifted(clock.now())
        assert store.put(measure()) == store.lift(measure()) == store.measures() == (ended,)

    def test_lifting_what_was_never_put_keeps_it_from_being_put(self, store):
        store.lift(measure())

        assert not any(one.is_in_force(NOON) for one in store.put(measure()))

    def test_restraints_are_lifted_at_once_and_what_was_approved_stays(self, store):
        for one in ALL_KINDS:
            store.put(one)

        done = store.lift_restraints()

        assert done.on_record == store.measures()
        assert {one.kind for one in done.lifted} == {MeasureKind.FREEZE, MeasureKind.TIGHTEN}
        assert store.lift_restraints().lifted == (), "what was lifted before is not lifted again"
        in_force = {one.kind for one in store.measures() if one.is_in_force(NOON)}
        assert in_force == {MeasureKind.RAISE, MeasureKind.GRANT}

    def test_without_room_nothing_is_changed(self, store):
        for number in range(MEASURES_MAX):
            store.put(measure(f"m{number}"))

        with pytest.raises(MeasuresFull):
            store.put(measure("one more"))

        assert len(store.measures()) == MEASURES_MAX


@pytest.mark.parametrize("engine", CONCURRENT)
def test_of_many_writers_at_once_none_is_lost(store):
    lifted = [measure(f"m{number}") for number in range(0, 12, 3)]
    race(6, 12, lambda number: store.put(measure(f"m{number}")))
    race(6, 8, lambda number: store.lift(lifted[number % 4]))

    in_force = {one.id for one in store.measures() if one.is_in_force(NOON)}

    assert in_force == {f"m{number}" for number in range(12)} - {one.id for one in lifted}


@pytest.mark.parametrize("engine", TABLES)
class TestMeasuresOnATable:
    def test_one_read_of_the_configuration_brings_them(self, table, store, clock):
        store.put(measure())
        asked = []
        table.client.meta.events.register(
            "before-call.dynamodb.*", lambda model, **_: asked.append(model.name)
        )
        source = CachedConfigSource(DynamoDbConfigStore(table.items, clock), clock)

        assert source.current() == replace(IN_FORCE, measures=(measure(),))
        assert asked == ["GetItem"]

    def test_applying_leaves_them_and_they_leave_the_configuration(self, table, store):
        store.put(measure())
        configs = DynamoDbConfigStore(table.items, ManualClock())

        configs.write("v2", {"teams": {}}, IN_FORCE.version)

        assert configs.stored() == ("v2", {"teams": {}}, (measure(),))
        assert configs.read() == ("v2", {"teams": {}})

    @pytest.mark.parametrize("text", ["{", "{}", '[{"form": 2}]', '[{"form": 1}]'])
    def test_what_is_no_measures_stops_everybody_until_all_are_lifted(self, table, store, text):
        store.put(measure())
        table.client.update_item(
            TableName=table.name,
            Key=CONFIG_KEY,
            UpdateExpression="SET measures = :text",
            ExpressionAttributeValues={":text": {"S": text}},
        )
        for asked in (store.measures, lambda: store.put(measure("b"))):
            with pytest.raises(ConfigurationError, match="incidents lift --all"):
                asked()

        assert store.lift_restraints() is None
        assert store.measures() == ()

    def test_without_a_configuration_there_is_nothing_to_stand_beside(self, table, clock):
        table.client.delete_item(TableName=table.name, Key=CONFIG_KEY)
        store = DynamoDbMeasures(table.items, pause, clock)

        with pytest.raises(ConfigurationError, match=r"apply a sentry\.yaml first"):
            store.put(measure())

        assert table.items.get(CONFIG_KEY) is None

    def test_a_table_that_cannot_be_asked_is_unavailable(self, table, clock):
        store = DynamoDbMeasures(LedgerCalls(table.client, "elsewhere"), pause, clock)

        with pytest.raises(LedgerUnavailable):
            store.measures()


@pytest.mark.parametrize("engine", TABLES)
def test_a_measure_is_seen_within_a_second_and_ends_without_a_look(table, clock):
    configs = applied(table, clock)
    source = CachedConfigSource(configs, clock)
    assert source.current().measures == ()
    short = measure(until=NOON + timedelta(seconds=2))
    DynamoDbMeasures(table.items, pause, clock).put(short)
    clock.advance(seconds=1)

    assert source.current().measures == (short,)
    clock.advance(seconds=1)
    assert source.current().measures == ()
