"""What every store of detector states must do: the real one, and the fake."""

import pytest

from cost_sentry.adapters.detector_items import state_key
from cost_sentry.adapters.dynamodb_detector_states import DynamoDbDetectorStates
from cost_sentry.application.anomaly_ports import KeptState
from cost_sentry.domain.burn_history import History, HourUse
from cost_sentry.domain.burn_state import BurnState
from tests.contract.engines import CONCURRENT_TABLES, EVERY, MEMORY, TABLES
from tests.contract.race import race
from tests.fakes.anomalies import MemoryDetectorStates
from tests.fakes.burn_series import known

SCOPE, OTHER = ("application", "search/web"), ("team", "search")
EMPTY = BurnState(history=History(495_000))
HOUR = HourUse(10**12, 60, 10**5, 2 * 10**12, 90)
FILLED = BurnState(history=EMPTY.history.with_hour(HOUR), calm_since=29_700_000)


@pytest.fixture(scope="module")
def raised():
    """A state in whose scope something is wrong."""
    series = known(1)
    series.watch(5, calls=8)
    return series.state


@pytest.mark.parametrize("engine", EVERY)
class TestDetectorStates:
    @pytest.fixture
    def states(self, engine, request):
        if engine == MEMORY:
            return MemoryDetectorStates()
        return DynamoDbDetectorStates(request.getfixturevalue("table").items)

    def test_a_scope_that_was_never_seen_has_no_state(self, states):
        assert states.read(SCOPE) is None

    def test_what_was_written_is_read_back(self, states, raised):
        for scope, state in ((SCOPE, FILLED), (OTHER, raised)):
            version = states.write(scope, None, state)

            assert states.read(scope) == KeptState(state=state, version=version)

    def test_only_the_version_that_was_read_is_replaced(self, states):
        first = states.write(SCOPE, None, EMPTY)

        assert states.write(SCOPE, None, FILLED) is None
        second = states.write(SCOPE, first, FILLED)
        assert states.write(SCOPE, first, EMPTY) is None
        assert states.read(SCOPE) == KeptState(state=FILLED, version=second)

    def test_nothing_is_put_in_the_place_of_what_is_gone(self, states):
        assert states.write(SCOPE, 7, EMPTY) is None
        assert states.read(SCOPE) is None


@pytest.mark.parametrize("engine", TABLES)
class TestDamagedItems:
    @pytest.mark.parametrize(
        "damage",
        [
            {"rings": {"B": b"short"}},
            {"state": {"S": "["}},
            {"state": {"S": '{"form":9}'}},
            {"state": {"S": "[]"}},
            {"state": {"N": "1"}},
        ],
    )
    def test_a_state_that_cannot_be_read_is_replaced_by_the_next(self, table, damage):
        states = DynamoDbDetectorStates(table.items)
        states.write(SCOPE, None, FILLED)
        item = {**table.items.get(state_key(SCOPE)), **damage}
        table.client.put_item(TableName=table.name, Item=item)

        kept = states.read(SCOPE)
        assert kept == KeptState(state=None, version=1)
        assert states.write(SCOPE, kept.version, EMPTY) == 2
        assert states.read(SCOPE).state == EMPTY


@pytest.mark.parametrize("engine", CONCURRENT_TABLES)
class TestRaces:
    def test_of_many_runs_at_once_one_keeps_its_state(self, table):
        version = DynamoDbDetectorStates(table.items).write(SCOPE, None, EMPTY)

        def write(number):
            state = BurnState(history=EMPTY.history, calm_since=number)
            return DynamoDbDetectorStates(table.items).write(SCOPE, version, state)

        written = race(8, 8, write)

        assert sorted(written, key=str) == [2, *[None] * 7]
        kept = DynamoDbDetectorStates(table.items).read(SCOPE)
        assert written[kept.state.calm_since] == kept.version == 2
