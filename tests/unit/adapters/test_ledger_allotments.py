"""A window's money: what is seen at one instant, and what moves only if nothing has changed."""

from dataclasses import replace

import pytest

from cost_sentry.adapters.ledger_allotments import Allotments, spread_of
from cost_sentry.adapters.ledger_calls import LedgerCalls, TooLarge
from cost_sentry.adapters.ledger_items import (
    ShardState,
    definition_key,
    number,
    place_key,
    pool_key,
    window_key,
)
from cost_sentry.adapters.ledger_windows import WindowState
from cost_sentry.adapters.ledger_writes import expired_text, pending_text
from cost_sentry.domain.allotment import Part, Placement, Spread, gathered
from cost_sentry.domain.errors import ConfigurationError
from cost_sentry.domain.reservation import charged_in_full
from tests.fakes.builders import NOON, hold, reservation
from tests.fakes.moto_journal import journal_on_moto
from tests.fakes.noted_calls import shard_item

PURSE = "search-daily@2026-11-21"
WEB, APP, POOL = "search/web", "search/app", "pool:0"


class Meddled(LedgerCalls):
    """Something happens just before the next transaction, or the next look at many items."""

    meanwhile = None
    sizes = ()
    """Of the transactions that are asked for."""
    actions_max = 100

    def _meddle(self):
        happens, self.meanwhile = self.meanwhile, None
        if happens:
            happens()

    def transact(self, actions):
        self._meddle()
        self.sizes = (*self.sizes, len(actions))
        return TooLarge() if len(actions) > self.actions_max else super().transact(actions)

    def snapshot(self, keys):
        self._meddle()
        return super().snapshot(keys)


@pytest.fixture
def calls(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        calls = Meddled(store.client, "ledger")
        put(calls, {**definition_key("search-daily"), "limit": number(100)})
        yield calls


@pytest.fixture
def allotments(calls):
    return Allotments(calls)


def put(calls, item):
    calls._client.put_item(TableName="ledger", Item=item)


def put_window(calls, unallotted, places=(), limit=100, **numbers):
    item = {**window_key(PURSE), "limit": number(limit), "unallotted": number(unallotted)}
    item |= {"places": {"SS": sorted(places)}} if places else {}
    put(calls, item | {name: number(value) for name, value in numbers.items()})


def put_shard(calls, place, free):
    put(calls, shard_item(place, free={PURSE: free}))


def define(calls, limit):
    put(calls, {**definition_key("search-daily"), "limit": number(limit)})


def window(calls):
    return WindowState.of(calls.get(window_key(PURSE)))


def free(calls, place):
    return ShardState.of(calls.get(place_key(place))).free[PURSE]


def test_a_window_opens_with_the_limit_that_is_defined(allotments):
    opened = WindowState(limit=100, unallotted=100, impounded=0, places=(), pools=0)

    assert allotments.window(PURSE) == opened


def test_a_window_is_not_opened_with_a_limit_that_was_changed_meanwhile(calls, allotments):
    calls.meanwhile = lambda: define(calls, 50)

    assert allotments.window(PURSE) is None
    assert allotments.window(PURSE).limit == 50


def test_a_window_that_another_opened_meanwhile_is_taken_as_it_is(calls, allotments):
    calls.meanwhile = lambda: put_window(calls, 40)

    assert allotments.window(PURSE).unallotted == 40


def test_a_budget_that_is_not_defined_has_no_window(allotments):
    with pytest.raises(ConfigurationError, match="'a@b' is not defined"):
        allotments.window("a@b@2026-11-21")


def test_all_places_are_seen_at_one_instant(calls, allotments):
    put_window(calls, 40, {WEB, APP}, impounded=2, pools=1)
    put_shard(calls, WEB, 7)
    put(calls, {**pool_key(PURSE, 0), "unallotted": number(3)})

    assert allotments.spread(PURSE) == Spread(
        limit=100,
        unallotted=40,
        impounded=2,
        places={WEB: Part(free=7), POOL: Part(free=3, is_pool=True)},
        crowded=True,
    )


@pytest.mark.parametrize("change", [{"places": {WEB, APP}}, {"places": {WEB}, "pools": 1}])
def test_places_that_came_while_they_were_read_are_not_left_out(calls, allotments, change):
    put_window(calls, 40, {WEB})
    calls.meanwhile = lambda: put_window(calls, 40, **change)

    assert allotments.spread(PURSE) is None
    assert allotments.spread(PURSE) is not None


def test_a_window_that_could_not_be_opened_or_has_gone_shows_nothing(calls, allotments):
    calls.meanwhile = lambda: define(calls, 50)
    assert allotments.spread(PURSE) is None

    put_window(calls, 40)
    gone = {"TableName": "ledger", "Key": window_key(PURSE)}
    calls.meanwhile = lambda: calls._client.delete_item(**gone)
    assert allotments.spread(PURSE) is None


def test_a_part_is_what_is_free_what_runs_and_what_was_assumed():
    running, late = reservation("r1", hold(30)), reservation("r2", hold(20), quote_picodollars=15)
    maps = {
        "pending": {"M": {"r1": {"S": pending_text(running)}}},
        "expired": {"M": {"r2": {"S": expired_text(late, charged_in_full(late, NOON))}}},
    }
    places = {
        WEB: shard_item(WEB, free={PURSE: -5}, **maps),
        APP: shard_item(APP),
        POOL: {**pool_key(PURSE, 0), "shards": number(1)},
        "pool:1": None,
        "search/gone": None,
    }
    seen = WindowState(limit=1, unallotted=2, impounded=3, places=(), pools=0)

    spread = spread_of(PURSE, seen, places)

    assert spread.places == {
        WEB: Part(free=-5, pending=30, assumed=15),
        APP: Part(free=0),
        POOL: Part(free=0, is_pool=True),
        "pool:1": Part(free=0, is_pool=True),
    }
    assert spread.crowded is False


def seen_window(unallotted, limit=100, **parts):
    names = {"web": WEB, "app": APP, "pool": POOL}
    places = {names[n]: Part(free=amount, is_pool=n == "pool") for n, amount in parts.items()}
    crowded = "pool" in parts
    return Spread(limit=limit, unallotted=unallotted, impounded=0, places=places, crowded=crowded)


@pytest.mark.parametrize(
    ("limit", "shifted", "unallotted"),
    [(130, True, 70), (60, True, 0), (59, False, 40), (100, True, 40)],
)
def test_a_limit_is_shifted_by_what_is_unallotted(calls, allotments, limit, shifted, unallotted):
    put_window(calls, 40)
    define(calls, limit)

    assert allotments.shift_limit(PURSE, seen_window(40), limit) is shifted

    assert window(calls).unallotted == unallotted
    assert window(calls).limit == (limit if shifted else 100)


def test_a_limit_is_raised_also_when_nothing_is_unallotted(calls, allotments):
    put_window(calls, 0)
    define(calls, 130)

    assert allotments.shift_limit(PURSE, seen_window(0), 130)


def test_a_limit_is_not_shifted_over_a_debt_or_from_another_or_to_one_not_defined(
    calls, allotments
):
    put_window(calls, 40)
    define(calls, 130)

    assert not allotments.shift_limit(PURSE, seen_window(40, web=-1), 130)
    assert not allotments.shift_limit(PURSE, seen_window(40, limit=90), 130)
    assert not allotments.shift_limit(PURSE, seen_window(40), 120)
    assert window(calls).limit == 100


def ready(calls):
    """40 in the window, 30 with one shard, 20 with another, 10 in a pool."""
    put_window(calls, 40, {WEB, APP}, pools=1)
    put_shard(calls, WEB, 30)
    put_shard(calls, APP, 20)
    put(calls, {**pool_key(PURSE, 0), "unallotted": number(10)})
    return seen_window(40, web=30, app=20, pool=10)


def test_money_is_put_where_it_should_lie_in_one_write(calls, allotments):
    spread = ready(calls)

    assert allotments.place(PURSE, spread, gathered(spread, 100), NOON) is True

    assert (window(calls).unallotted, free(calls, WEB), free(calls, APP)) == (100, 0, 0)
    assert calls.get(pool_key(PURSE, 0))["unallotted"] == number(0)
    assert calls.sizes[-1] == 4, "the window, two shards, a pool"


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda calls: put_window(calls, 41),
        lambda calls: put_window(calls, 40, limit=101),
        lambda calls: put_window(calls, 40, impounded=1),
        lambda calls: put_shard(calls, WEB, 29),
        lambda calls: put(calls, {**pool_key(PURSE, 0), "unallotted": number(9)}),
    ],
    ids=["the window", "its limit", "what is impounded", "a shard", "a pool"],
)
def test_nothing_moves_if_anything_changed_since_it_was_seen(calls, allotments, meanwhile):
    spread = ready(calls)
    calls.meanwhile = lambda: meanwhile(calls)

    assert allotments.place(PURSE, spread, gathered(spread, 100), NOON) is False
    assert free(calls, APP) == 20


def test_places_that_stay_as_they_are_are_not_asked(calls, allotments):
    spread = ready(calls)
    placement = Placement(limit=100, unallotted=70, impounded=0, free={WEB: 0, APP: 20, POOL: 10})
    put_shard(calls, APP, 19)

    assert allotments.place(PURSE, spread, placement, NOON) is True
    assert calls.sizes[-1] == 2


@pytest.mark.parametrize(("defined", "placed"), [(90, True), (91, False)])
def test_a_limit_is_put_in_force_only_if_it_is_the_one_that_is_defined(
    calls, allotments, defined, placed
):
    spread = ready(calls)
    define(calls, defined)

    assert allotments.place(PURSE, spread, gathered(spread, 90), NOON) is placed
    assert window(calls).limit == (90 if placed else 100)


def test_what_was_impounded_is_changed_too(calls, allotments):
    put_window(calls, 0, {WEB}, impounded=20)
    put_shard(calls, WEB, -20)
    spread = replace(seen_window(0, web=-20), impounded=20)

    assert allotments.place(PURSE, spread, gathered(spread, 100), NOON) is True
    assert (window(calls).impounded, free(calls, WEB)) == (0, 0)


@pytest.mark.parametrize(("actions_max", "sizes"), [(3, (4, 3)), (2, (4, 3, 2))])
def test_what_is_too_much_at_once_is_gathered_from_the_fullest_places_first(
    calls, allotments, actions_max, sizes
):
    spread = replace(
        ready(calls), places={**seen_window(0, web=30, app=20).places, "search/poor": Part(free=-5)}
    )
    put_shard(calls, "search/poor", -5)
    calls.actions_max = actions_max
    both = Placement(limit=100, unallotted=85, impounded=0, free=dict.fromkeys(spread.places, 0))

    assert allotments.place(PURSE, spread, both, NOON) is False, "look again"

    assert (window(calls).unallotted, free(calls, WEB)) == (70, 0)
    assert (free(calls, APP), free(calls, "search/poor")) == (20, -5)
    assert calls.sizes[0] == sizes[0]
