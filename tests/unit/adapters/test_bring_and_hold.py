"""Money comes to a shard and a call is held out of it by one write, or neither happens."""

import json

import pytest

from cost_sentry.adapters.dynamodb_journal_items import entry_item, entry_of
from cost_sentry.adapters.ledger_calls import ConditionFailed, Written
from cost_sentry.adapters.ledger_items import Seen, ShardState, place_key
from cost_sentry.adapters.ledger_moves import give_to_pool, move_in_shard
from cost_sentry.adapters.ledger_shards import Shards
from cost_sentry.adapters.ledger_wants import Grant, all_takes
from cost_sentry.adapters.ledger_writes import bring_and_hold, reserve_arguments
from cost_sentry.domain.ledger_entry import EntryKind
from tests.fakes.builders import NOON, budget, hold, reservation
from tests.fakes.moto_journal import journal_on_moto

PLACE = "search/web"
HERE, THERE = hold(100), hold(40, budget("other"))
TOLD = Seen(limit=5_000, elsewhere=700, at_seconds=int(NOON.timestamp()))


@pytest.fixture
def calls(monkeypatch):
    """An open shard that has nothing."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        Shards(store.items).open("search/web", "")
        yield store.items


def grant(amount, **recalls):
    recalled = {f"search/{name}": given for name, given in recalls.items()}
    return Grant(takes=(), amount=amount, seen=TOLD, recalls=recalled)


def put(calls, **free):
    moves = {
        hold.key: free[name] for name, hold in [("here", HERE), ("there", THERE)] if name in free
    }
    assert isinstance(calls.transact([move_in_shard(PLACE, moves, NOON)]), Written)


def done(calls, brought, request_id="r1", *holds):
    held = reservation(request_id, *(holds or (HERE, THERE)))
    outcome = calls.transact([bring_and_hold(held, brought)])
    assert isinstance(outcome, Written) or outcome.at == {0}
    return isinstance(outcome, Written)


def shard(calls):
    return ShardState.of(calls.get(place_key(PLACE)))


@pytest.mark.parametrize(
    ("free", "brought", "left"),
    [
        ({"there": 40}, 100, (0, 0)),
        ({"there": 41}, 350, (250, 1)),
        ({"here": 30, "there": 40}, 70, (0, 0)),
        ({"here": 35, "there": 40}, 70, (5, 0)),
        ({"here": 0, "there": 40}, 100, (0, 0)),
        ({"here": -20, "there": 40}, 120, (0, 0)),
    ],
)
def test_a_call_is_held_out_of_what_comes_and_what_is_there(calls, free, brought, left):
    put(calls, **free)

    assert done(calls, {HERE.key: grant(brought)})

    after = shard(calls)
    assert (after.free[HERE.key], after.free[THERE.key]) == left
    assert after.pending_reservation("r1").holds == (HERE, THERE)
    assert Seen.parse(after.seen[HERE.key]) == TOLD
    assert THERE.key not in after.seen


@pytest.mark.parametrize(
    ("free", "brought"),
    [
        ({"there": 40}, 99),
        ({"there": 39}, 100),
        ({}, 100),
        ({"here": 29, "there": 40}, 70),
        ({"here": -21, "there": 40}, 120),
        ({"here": -1, "there": 40}, 100),
    ],
)
def test_neither_happens_if_the_shard_has_less_than_it_had(calls, free, brought):
    if free:
        put(calls, **free)
    before = calls.get(place_key(PLACE))

    assert not done(calls, {HERE.key: grant(brought)})

    assert calls.get(place_key(PLACE)) == before


def test_what_will_be_scarce_comes_along(calls):
    put(calls, here=100, there=40)

    assert done(calls, {HERE.key: grant(100), THERE.key: grant(7)})

    assert (shard(calls).free[HERE.key], shard(calls).free[THERE.key]) == (100, 7)


def test_an_id_is_held_once_whichever_write_holds_it(calls):
    put(calls, here=1_000, there=1_000)
    calls.update(reserve_arguments(reservation("r1", HERE)))

    assert not done(calls, {HERE.key: grant(100)}, "r1")
    assert done(calls, {HERE.key: grant(100)}, "r2")
    assert isinstance(calls.update(reserve_arguments(reservation("r2", HERE))), ConditionFailed)


def test_a_shard_that_has_split_takes_neither(calls):
    put(calls, here=1_000, there=1_000)
    split = {":split": {"S": "split"}}
    calls.update(
        {
            "Key": place_key(PLACE),
            "UpdateExpression": "SET #state = :split",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": split,
        }
    )

    assert not done(calls, {HERE.key: grant(100)})


def test_the_entry_tells_of_both_and_the_journal_keeps_both(calls):
    put(calls, there=40)
    done(calls, {HERE.key: grant(350)})

    entry = shard(calls).last_entry()

    assert (entry.kind, entry.sequence, dict(entry.moves)) == (
        EntryKind.RESERVE,
        2,
        {HERE.key: 350},
    )
    assert entry.reservation == reservation("r1", HERE, THERE)
    item = entry_item(entry)
    assert json.loads(item["moves"]["S"]) == [[HERE.key, 350]]
    assert entry_of(item) == entry


def test_a_call_that_nothing_came_for_is_journaled_without(calls):
    put(calls, here=100, there=40)
    calls.update(reserve_arguments(reservation("r1", HERE)))
    item = entry_item(shard(calls).last_entry())

    assert "moves" not in item
    assert entry_of(item).moves == ()


def test_a_shard_that_gives_of_two_windows_is_written_once():
    grants = {HERE.key: grant(100, app=60, api=40), THERE.key: grant(40, app=40)}

    assert all_takes(grants, NOON) == [
        move_in_shard("search/app", {HERE.key: -60, THERE.key: -40}, NOON, has=True),
        move_in_shard("search/api", {HERE.key: -40}, NOON, has=True),
    ]


def test_what_windows_and_pools_give_comes_before_what_shards_do():
    take = give_to_pool(HERE.key, 1, 5)
    first = Grant(takes=(take,), amount=9, seen=TOLD, recalls={"search/app": 4})

    assert all_takes({HERE.key: first}, NOON) == [
        take,
        move_in_shard("search/app", {HERE.key: -4}, NOON, has=True),
    ]
