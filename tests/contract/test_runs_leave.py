"""A shard carries a bounded number of windows of agent runs, on every DynamoDB."""

import pytest

from cost_sentry.adapters.ledger_items import ShardState, place_key, window_key
from cost_sentry.adapters.ledger_runs import RUN_WINDOWS_MAX, SENT_HOME_MAX
from cost_sentry.adapters.ledger_windows import WindowState
from cost_sentry.domain.budget import Unit
from scripts.item_size import size
from tests.contract.engines import DYNOXIDE, MOTO
from tests.contract.ledger_runs_contract import IDLE, of_run_in, told
from tests.fakes.builders import NOON, hold, reservation, resolution

pytestmark = pytest.mark.parametrize("engine", [MOTO, DYNOXIDE])
PLACE = "search/web"
RUNS = 60
SHARD_BYTES_MAX = 12_000


def shard_in(table) -> ShardState:
    return ShardState.of(table.items.get(place_key(PLACE)))


def test_a_shard_carries_no_more_windows_of_runs_than_its_item_has_room_for(table, ledger, books):
    capped = of_run_in(books), of_run_in(books, Unit.REQUESTS)
    most, largest = 0, 0
    for number in range(RUNS):
        for call in range(2):
            holds = [hold(100, of_run(number)) for of_run in capped]
            held = ledger.reserve(reservation(f"r{number}.{call}", *holds)).reservation
            ledger.resolve(held, resolution(40))
        item = table.items.get(place_key(PLACE))
        most = max(most, len(ShardState.of(item).free))
        largest = max(largest, size(item))

    assert RUN_WINDOWS_MAX - SENT_HOME_MAX < most <= RUN_WINDOWS_MAX
    assert largest <= SHARD_BYTES_MAX
    for of_run in capped:
        assert {told(books, of_run(number))[:2] for number in range(RUNS)} <= {(0, 80), (0, 200)}


def test_an_idle_run_leaves_its_shard_and_the_places_of_its_window(table, ledger, books):
    run = of_run_in(books)(1)
    ledger.resolve(ledger.reserve(reservation("r1", hold(100, run))).reservation, resolution(40))
    purse = f"{run.id}@{run.window_at(NOON).id}"
    assert purse in shard_in(table).free

    assert ledger.tidy(IDLE, batch_max=100) == 1

    assert purse not in shard_in(table).free | dict(shard_in(table).seen)
    window = WindowState.of(table.items.get(window_key(purse)))
    assert (window.places, window.unallotted) == ((), 960)
    assert ledger.reserve(reservation("r2", hold(100, run))).reservation is not None
    assert WindowState.of(table.items.get(window_key(purse))).places == (PLACE,)
