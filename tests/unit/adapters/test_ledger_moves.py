"""Each part of a move of money holds its own condition, whoever else writes in between."""

import pytest

from cost_sentry.adapters.ledger_calls import Written
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
from cost_sentry.adapters.ledger_moves import (
    give_to_pool,
    give_to_window,
    join_pool,
    move_in_shard,
    pool_name,
    set_pool,
    take_from_pool,
    take_from_window,
)
from cost_sentry.adapters.ledger_windows import WindowState
from cost_sentry.domain.allotment import DIRECT_PLACES_MAX
from cost_sentry.domain.ledger_entry import EntryKind
from tests.fakes.builders import NOON
from tests.fakes.moto_journal import journal_on_moto
from tests.fakes.noted_calls import shard_item

PURSE = "search-daily@2026-11-21"
OTHER = "other@2026-11-21"
PLACE = "search/web"
POOL = 7
ALL_PLACES = {f"search/app{n}" for n in range(DIRECT_PLACES_MAX)}
ONE_LESS = {f"search/app{n}" for n in range(DIRECT_PLACES_MAX - 1)}


@pytest.fixture
def calls(monkeypatch):
    """A pool with 5."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        store.items.transact([give_to_pool(PURSE, POOL, 5)])
        yield store.items


def done(calls, *actions):
    return isinstance(calls.transact(actions), Written)


def pool_after(calls, action):
    """Whether it was done, what the pool has, and how many shards it counts."""
    was_done = done(calls, action)
    item = calls.get(pool_key(PURSE, POOL))
    return was_done, int(item["unallotted"]["N"]), int(item.get("shards", {"N": "0"})["N"])


@pytest.mark.parametrize(
    ("amount", "newcomer", "expected"),
    [
        (5, False, (True, 0, 0)),
        (5, True, (True, 0, 1)),
        (6, False, (False, 5, 0)),
        (6, True, (False, 5, 0)),
    ],
)
def test_a_pool_gives_no_more_than_it_has_and_counts_each_newcomer_once(
    calls, amount, newcomer, expected
):
    taken = take_from_pool(PURSE, POOL, amount, newcomer=newcomer)

    assert pool_after(calls, taken) == expected


def test_a_newcomer_that_is_served_past_its_pool_is_counted_there(calls):
    assert pool_after(calls, join_pool(PURSE, POOL)) == (True, 5, 1)


@pytest.mark.parametrize(("was", "expected"), [(5, (True, 2, 0)), (4, (False, 5, 0))])
def test_a_pool_is_set_only_from_what_was_seen(calls, was, expected):
    assert pool_after(calls, set_pool(PURSE, pool_name(POOL), was, 2)) == expected


@pytest.mark.parametrize(("was", "is_made"), [(0, True), (1, False)])
def test_a_debt_makes_a_pool_that_nobody_met_yet(calls, was, is_made):
    action = set_pool(PURSE, pool_name(POOL + 1), was, -7)

    assert done(calls, action) is is_made
    made = calls.get(pool_key(PURSE, POOL + 1))
    assert (None if made is None else made["unallotted"]) == (number(-7) if is_made else None)


def put_window(calls, unallotted=10, places=(), **numbers):
    item = {**window_key(PURSE), "limit": number(100), "unallotted": number(unallotted)}
    item |= {"places": {"SS": sorted(places)}} if places else {}
    item |= {name: number(value) for name, value in numbers.items()}
    calls.transact([{"Put": {"Item": item}}])


def window(calls):
    return WindowState.of(calls.get(window_key(PURSE)))


@pytest.mark.parametrize(
    ("found", "amount", "limit", "is_done"),
    [
        ({}, 10, 100, True),
        ({}, 11, 100, False),
        ({}, 10, 101, False),
        ({"impounded": 0}, 10, 100, True),
        ({"impounded": 1}, 10, 100, False),
        ({"places": ONE_LESS}, 10, 100, True),
        ({"places": ALL_PLACES}, 10, 100, False),
        ({"places": {PLACE, *ONE_LESS}}, 10, 100, True),
        ({"places": ONE_LESS, "pools": 48}, 10, 100, False),
        ({"pools": 48}, 10, 100, False),
        ({"places": {PLACE, *ONE_LESS}, "pools": 48}, 10, 100, True),
    ],
)
def test_a_window_serves_a_shard_that_has_a_place_there_or_finds_one_free(
    calls, found, amount, limit, is_done
):
    put_window(calls, **found)

    assert done(calls, take_from_window(PURSE, amount, limit, PLACE)) is is_done

    assert window(calls).unallotted == (0 if is_done else 10)
    expected = set(found.get("places", ())) | ({PLACE} if is_done else set())
    assert set(window(calls).places) == expected


@pytest.mark.parametrize(("found", "is_done"), [({"pools": 48}, True), ({}, False)])
def test_a_window_serves_a_pool_once_it_has_pools(calls, found, is_done):
    put_window(calls, places={"search/app"}, **found)

    assert done(calls, take_from_window(PURSE, 10, 100, pool_name(POOL))) is is_done

    assert window(calls).places == ("search/app",)


def test_money_comes_back_to_a_window_and_a_shard_may_leave_it(calls):
    assert not done(calls, give_to_window(PURSE, 5))
    put_window(calls, places={PLACE, "search/app"})

    assert done(calls, give_to_window(PURSE, 5))
    assert (window(calls).unallotted, len(window(calls).places)) == (15, 2)
    assert done(calls, give_to_window(PURSE, 5, leaves=PLACE))
    assert (window(calls).unallotted, window(calls).places) == (20, ("search/app",))


def put_shard(calls, **free):
    maps = {"seen": {"M": {}}}
    calls.transact([{"Put": {"Item": shard_item(PLACE, free=free, sequence=7, **maps)}}])


def shard(calls):
    return ShardState.of(calls.get(place_key(PLACE)))


@pytest.mark.parametrize(
    ("free", "moves", "kind"),
    [
        ({PURSE: 5}, {PURSE: 3}, EntryKind.ALLOT),
        ({PURSE: 5}, {PURSE: -3}, EntryKind.RECALL),
        ({PURSE: 5}, {PURSE: 3, OTHER: 4}, EntryKind.ALLOT),
        ({}, {PURSE: 0}, EntryKind.ALLOT),
        ({PURSE: 5}, {PURSE: 4, OTHER: -4}, EntryKind.ALLOT),
    ],
)
def test_a_move_changes_a_shard_and_says_so_in_its_next_entry(calls, free, moves, kind):
    put_shard(calls, **free)

    assert done(calls, move_in_shard(PLACE, moves, NOON))

    entry = shard(calls).last_entry()
    assert shard(calls).free == free | {p: free.get(p, 0) + moved for p, moved in moves.items()}
    assert (entry.kind, entry.sequence, dict(entry.moves), entry.at) == (kind, 8, moves, NOON)


def test_a_shard_that_is_not_there_gets_no_money(calls):
    assert not done(calls, move_in_shard(PLACE, {PURSE: 3}, NOON))


@pytest.mark.parametrize(
    ("free", "conditions", "is_done"),
    [
        ({PURSE: 5}, {"was": 5}, True),
        ({PURSE: 5}, {"was": 4}, False),
        ({PURSE: 5}, {"was": 0}, False),
        ({PURSE: 0}, {"was": 0}, True),
        ({}, {"was": 0}, False),
        ({}, {"was": 1}, False),
    ],
)
def test_a_move_happens_only_if_the_shard_has_what_was_seen(calls, free, conditions, is_done):
    put_shard(calls, **free)

    assert done(calls, move_in_shard(PLACE, {PURSE: 3}, NOON, **conditions)) is is_done

    assert shard(calls).free.get(PURSE, 0) == free.get(PURSE, 0) + 3 * is_done


@pytest.mark.parametrize(
    ("taken", "of_other", "is_done"), [(5, 4, True), (6, 4, False), (5, 5, False), (1, 1, True)]
)
def test_a_shard_gives_what_it_has_of_each_window_and_no_more(calls, taken, of_other, is_done):
    put_shard(calls, **{PURSE: 5, OTHER: 4})
    moves = {PURSE: -taken, OTHER: -of_other}

    assert done(calls, move_in_shard(PLACE, moves, NOON, has=True)) is is_done

    left = {PURSE: 5 - taken, OTHER: 4 - of_other} if is_done else {PURSE: 5, OTHER: 4}
    assert shard(calls).free == left


def test_every_window_of_a_move_must_be_as_seen(calls):
    put_shard(calls, **{PURSE: 5, OTHER: 4})

    assert not done(calls, move_in_shard(PLACE, {PURSE: 3, OTHER: 3}, NOON, was=5))
    assert not done(calls, move_in_shard(PLACE, {OTHER: 3, PURSE: 3}, NOON, was=5))


@pytest.mark.parametrize(
    ("state", "is_open", "is_done"),
    [
        (None, True, True),
        (SPLIT, True, False),
        (CLOSED, True, False),
        (SPLIT, False, True),
        (CLOSED, False, True),
    ],
)
def test_money_at_hand_is_brought_only_to_a_shard_that_takes_calls(calls, state, is_open, is_done):
    put_shard(calls)
    if state:
        calls.update(
            {
                "Key": place_key(PLACE),
                "UpdateExpression": "SET #state = :state",
                "ExpressionAttributeNames": {"#state": "state"},
                "ExpressionAttributeValues": {":state": {"S": state}},
            }
        )

    assert done(calls, move_in_shard(PLACE, {PURSE: 3}, NOON, is_open=is_open)) is is_done
    assert shard(calls).free == ({PURSE: 3} if is_done else {})


def test_a_shard_remembers_what_it_is_told_of_each_window(calls):
    put_shard(calls)
    seen = {p: Seen(limit=n, elsewhere=0, at_seconds=0) for n, p in enumerate((PURSE, OTHER))}

    assert done(calls, move_in_shard(PLACE, {PURSE: 1, OTHER: 2}, NOON, seen=seen))

    assert {p: Seen.parse(text) for p, text in shard(calls).seen.items()} == seen
