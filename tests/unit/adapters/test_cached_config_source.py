import pytest

from cost_sentry.adapters.dynamodb_config_store import CachedConfigSource
from cost_sentry.application.config_document import config_to_document
from cost_sentry.domain.errors import ConfigurationError, LedgerUnavailable
from tests.fakes.builders import ManualClock, budget
from tests.fakes.configurations import configuration
from tests.fakes.memory_config_store import MemoryConfigStore

OLD, NEW = configuration(budget(limit=1)), configuration(budget(limit=2))


def put(store, config, replaces=None):
    store.write(config.version, config_to_document(config), replaces)


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def store():
    store = MemoryConfigStore()
    put(store, OLD)
    return store


@pytest.fixture
def source(store, clock):
    return CachedConfigSource(store, clock)


def test_many_questions_within_a_second_are_one_read(source, store, clock):
    for _ in range(9):
        assert source.current() == OLD
        clock.advance(milliseconds=100)

    assert store.reads == 1


def test_a_new_configuration_is_seen_within_a_second(source, store, clock):
    source.current()
    put(store, NEW, OLD.version)

    clock.advance(seconds=1)

    assert source.current() == NEW


def test_before_the_first_apply_there_is_none_and_then_there_is(clock):
    store = MemoryConfigStore()
    source = CachedConfigSource(store, clock)
    assert source.current() is None

    put(store, NEW)
    clock.advance(seconds=1)

    assert source.current() == NEW


def test_an_unchanged_version_is_not_taken_apart_again(source, clock):
    first = source.current()

    clock.advance(seconds=5)

    assert source.current() is first


def test_the_last_good_configuration_stands_in_while_the_table_is_away(source, store, clock):
    source.current()
    store.unavailable = True

    clock.advance(minutes=4, seconds=59)

    assert source.current() == OLD


def test_a_table_that_is_away_is_asked_once_a_second(source, store, clock):
    source.current()
    store.unavailable = True
    clock.advance(seconds=2)

    for _ in range(5):
        source.current()

    assert store.reads == 2


def test_after_five_minutes_without_the_table_the_answer_is_no(source, store, clock):
    source.current()
    store.unavailable = True

    clock.advance(minutes=5)

    for _ in range(2):
        with pytest.raises(LedgerUnavailable):
            source.current()


def test_the_answer_comes_back_with_the_table(source, store, clock):
    source.current()
    store.unavailable = True
    clock.advance(minutes=6)
    with pytest.raises(LedgerUnavailable):
        source.current()

    store.unavailable = False

    assert source.current() == OLD


def test_without_any_good_answer_the_answer_is_no(source, store):
    store.unavailable = True

    with pytest.raises(LedgerUnavailable):
        source.current()


def test_a_clock_that_was_set_back_does_not_keep_an_old_answer_fresh(source, store, clock):
    source.current()
    put(store, NEW, OLD.version)

    clock.advance(hours=-1)

    assert source.current() == NEW


def test_while_the_table_is_away_it_is_said_what_stands_in_and_how_old_it_is(source, store, clock):
    source.current()
    assert source.stand_in is None
    store.unavailable = True
    clock.advance(seconds=30)

    source.current()

    stand_in = source.stand_in
    assert (stand_in.version, stand_in.age_seconds) == (OLD.version, 30)
    assert (stand_in.fault, stand_in.is_unreadable) == ("told to be", False)
    store.unavailable = False
    clock.advance(seconds=1)
    source.current()
    assert source.stand_in is None


def test_a_stored_configuration_that_cannot_be_read_is_the_operators_business(clock):
    store = MemoryConfigStore()
    store.write("v9", {"format": 9}, None)

    with pytest.raises(ConfigurationError, match="format 9"):
        CachedConfigSource(store, clock).current()
