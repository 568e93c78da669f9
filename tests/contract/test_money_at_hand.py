"""Busy shards have money at hand before a call asks; idle ones behind pools keep little of it."""

import pytest

from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_items import ShardState, place_key, window_key
from cost_sentry.adapters.ledger_refills import Refills
from cost_sentry.adapters.ledger_walk import shards_of_all
from cost_sentry.adapters.ledger_windows import WindowState
from cost_sentry.adapters.system_clock import pause
from cost_sentry.application.ports import Reserved
from cost_sentry.domain.allotment import CALLS_PER_REFILL, STRANDED_SHARE
from tests.contract.engines import DYNOXIDE
from tests.contract.ledger_case import DAY
from tests.fakes.builders import NOON, budget, hold, reservation, resolution
from tests.simulation.world.small_sizes import small_sizes

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("engine", [DYNOXIDE])]
PURSE = f"{budget().id}@{DAY}"
SMALL = {"PENDING_MAX": 1, "DEEP_FACTOR": 1, "DIRECT_PLACES_MAX": 2, "POOLS": 2}


@pytest.fixture
def calls(table):
    return table.items


@pytest.fixture
def ledger(calls):
    return DynamoDbLedger(calls, pause)


@pytest.fixture
def supplied(monkeypatch):
    """One line for each time that an admission had to fetch money."""
    met = []
    supply = Refills.supply

    def watched(self, holder, wants, scarce=()):
        met.append(wants[0].place)
        return supply(self, holder, wants, scarce)

    monkeypatch.setattr(Refills, "supply", watched)
    return met


def call(ledger, name, cost, **changes):
    answer = ledger.reserve(reservation(name, hold(100), **changes))
    assert isinstance(answer, Reserved)
    return ledger.resolve(answer.reservation, resolution(cost))


def unallotted(calls):
    return WindowState.of(calls.get(window_key(PURSE))).unallotted


def test_while_others_run_no_call_but_the_first_waits_for_money(ledger, books, supplied):
    books.define(budget(limit=1_000_000), DAY)
    ledger.reserve(reservation("runs on", hold(100)))

    for n in range(40):
        call(ledger, f"r{n}", cost=100)

    assert len(supplied) == 1


def test_a_shard_in_which_nothing_runs_is_not_filled(calls, ledger, books):
    books.define(budget(limit=1_000_000), DAY)
    call(ledger, "r", cost=100)
    before = unallotted(calls)

    for n in range(CALLS_PER_REFILL - 1):
        call(ledger, f"r{n}", cost=100)

    assert unallotted(calls) == before
    assert ShardState.of(calls.get(place_key("search/web"))).free == {PURSE: 0}


def test_the_last_money_of_a_budget_is_not_laid_where_nobody_asked_for_it(calls, ledger, books):
    """A sixteenth of it is less than half a call."""
    books.define(budget(limit=700), DAY)
    ledger.reserve(reservation("runs on", hold(100)))
    before = unallotted(calls)

    call(ledger, "r", cost=100)

    assert before == 600
    assert unallotted(calls) == 500


def test_of_two_halves_of_a_shard_behind_a_pool_one_takes_its_place(calls, ledger, books):
    with small_sizes(SMALL):
        books.define(budget(limit=10**9), DAY)
        for n in range(60):
            assert isinstance(ledger.reserve(reservation(f"r{n}", hold(100))), Reserved)

        places = WindowState.of(calls.get(window_key(PURSE))).places
        behind = [s for s in shards_of_all(calls) if s.state is None and s.place not in places]
        served = [shard for shard in behind if PURSE in shard.free]

        assert len(served) <= counted(calls) <= len(behind)


def counted(calls):
    pools = calls.query(f"BUDGET#{budget().id}", start_sk=f"POOL#{DAY}#", limit=2)
    return sum(int(pool["shards"]["N"]) for pool in pools if "shards" in pool)


def test_idle_shards_keep_their_share_of_one_per_cent_however_many_come_later(calls, ledger, books):
    """Who comes first finds few others, and may keep more."""
    limit = 1_600_000
    with small_sizes(SMALL):
        books.define(budget(limit=limit), DAY)
        for n in range(90):
            call(ledger, f"r{n}", cost=0, account=f"search/app-{n:02d}")
        first, allowed = behind_pools(calls), limit // STRANDED_SHARE

        while ledger.tidy(NOON, 100):
            pass

        assert first > allowed
        assert 0 < behind_pools(calls) <= allowed


def behind_pools(calls):
    places = WindowState.of(calls.get(window_key(PURSE))).places
    return sum(s.free.get(PURSE, 0) for s in shards_of_all(calls) if s.place not in places)
