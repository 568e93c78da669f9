"""Keys and texts of the ledger's items, as every release writes and reads them."""

import pytest

from cost_sentry.adapters.ledger_items import (
    CLOSED,
    SPLIT,
    Seen,
    ShardState,
    number,
    place_key,
    pool_key,
    window_key,
)
from cost_sentry.adapters.ledger_windows import WindowState
from cost_sentry.adapters.ledger_writes import expired_text, pending_text
from cost_sentry.domain.reservation import charged_in_full
from cost_sentry.domain.shard import stamp_of
from tests.fakes.builders import NOON, budget, hold, reservation
from tests.fakes.noted_calls import shard_item

PURSE = "search-daily@2026-11-21"
OTHER = "other@2026-11-21"


def seen(**changes):
    given = {"limit": 1_000, "elsewhere": 36, "at_seconds": 35, "free_max": None}
    return Seen(**{**given, **changes})


@pytest.mark.parametrize(
    ("kept", "text"),
    [
        (seen(), "rs 10 z"),
        (seen(free_max=0), "rs 10 z 0"),
        (seen(elsewhere=-37, free_max=1_295), "rs -11 z zz"),
        (seen(limit=10**22), "1mmfb877tu0o6ps 10 z"),
        (seen(mark="0-_aZ9~x"), "rs 10 z ~0-_aZ9~x"),
        (seen(free_max=0, mark="stampxyz"), "rs 10 z 0 ~stampxyz"),
    ],
)
def test_what_a_shard_saw_is_read_as_it_was_written_to_the_last_digit(kept, text):
    assert Seen.parse(kept.text()) == kept
    assert kept.text() == text


def test_keys_are_those_of_a_deployed_ledger():
    assert place_key("search/web#01") == {
        "pk": {"S": "ACCOUNT#search/web"},
        "sk": {"S": "SHARD#01"},
    }
    assert window_key("a@b@2026") == {"pk": {"S": "BUDGET#a@b"}, "sk": {"S": "WINDOW#2026"}}
    assert pool_key("a@b@2026", 7) == {"pk": {"S": "BUDGET#a@b"}, "sk": {"S": "POOL#2026#07"}}


def test_a_new_items_numbers_are_nothing():
    state = ShardState.of(place_key("search/web#01"))

    assert (state.place, state.account, state.shard) == ("search/web#01", "search/web", "01")
    assert (state.faded_at, state.depth, state.sequence) == (0, 0, 0)
    assert (state.state, state.entry, state.last_entry()) == (None, None, None)
    window = WindowState.of({"limit": {"N": "5"}, "unallotted": {"N": "4"}})
    assert window == WindowState(limit=5, unallotted=4, impounded=0, places=(), pools=0)
    in_any_order = {"limit": number(5), "unallotted": number(4), "places": {"SS": ["b", "a"]}}
    assert WindowState.of(in_any_order).places == ("a", "b")
    bare = ShardState(place="search/web")
    assert (bare.faded_at, bare.depth, bare.sequence) == (0, 0, 0)


@pytest.mark.parametrize("memory", ["ended", "faded", "inherited"])
def test_a_shard_remembers_an_id_by_each_kind_of_stamp(memory):
    shard = ShardState(place="search/web", **{memory: frozenset({stamp_of("r1")})})

    assert shard.remembers("r1") is True
    assert shard.remembers("r2") is False


def behind_pool(free, free_max=100, state=None):
    kept = {} if free_max is None else {PURSE: seen(free_max=free_max).text()}
    return ShardState(place="search/web", free={PURSE: free}, seen=kept, state=state)


@pytest.mark.parametrize(
    ("shard", "surplus"),
    [
        (behind_pool(100), 0),
        (behind_pool(101), 26),
        (behind_pool(101, free_max=None), 0),
        (behind_pool(5, state=SPLIT), 5),
        (behind_pool(5, state=CLOSED), 5),
        (behind_pool(-5, state=SPLIT), 0),
        (ShardState(place="search/web", seen={PURSE: seen(free_max=0).text()}), 0),
        (ShardState(place="search/web", free={PURSE: 5}, seen={PURSE: seen().text()}), 0),
    ],
)
def test_a_shard_behind_a_pool_gives_back_what_it_has_above_its_share(shard, surplus):
    assert shard.surplus(PURSE) == surplus


@pytest.mark.parametrize(("free_max", "surplus"), [(40, 71), (200, 26), (0, 101)])
def test_a_share_that_has_become_smaller_counts_and_one_that_has_grown_does_not(free_max, surplus):
    assert behind_pool(101).surplus(PURSE, free_max) == surplus


def test_shortages_are_the_holds_that_so_many_calls_would_not_find():
    shard = ShardState(place="search/web", free={PURSE: 199, OTHER: 200})
    holds = hold(100), hold(100, budget("other")), hold(0, budget("third"))

    never_had = hold(1, budget("fourth"))
    assert shard.shortages(holds) == ()
    assert shard.shortages((*holds, never_had)) == (never_had,)
    assert shard.shortages(holds, calls=2) == (holds[0],)


def test_what_calls_hold_and_were_charged_is_told_by_window():
    held = reservation("r1", hold(100), hold(7, budget("other")))
    gone = reservation("r2", hold(30), quote_picodollars=25)
    late = expired_text(gone, charged_in_full(gone, NOON))
    pending, expired = {"r1": {"S": pending_text(held)}}, {"r2": {"S": late}}
    item = shard_item(pending={"M": pending}, expired={"M": expired})
    shard = ShardState.of(item)

    assert (shard.pending_amount(PURSE), shard.pending_amount(OTHER)) == (100, 7)
    assert (shard.assumed_amount(PURSE), shard.assumed_amount(OTHER)) == (25, 0)
    assert shard.pending_reservation("r1") == held
    assert shard.pending_reservation("r2") is None
    assert shard.expired_reservation("r1") is None
