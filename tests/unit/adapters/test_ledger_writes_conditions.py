"""On which conditions a shard holds a call, and which expired calls it keeps."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.adapters.ledger_calls import ConditionFailed, LedgerCalls, Written
from cost_sentry.adapters.ledger_items import SPLIT, Seen, ShardState, number, place_key
from cost_sentry.adapters.ledger_shards import Shards
from cost_sentry.adapters.ledger_wants import Grant
from cost_sentry.adapters.ledger_writes import (
    EXPIRED_MAX,
    bring_and_hold,
    expired_text,
    pending_text,
    reserve_arguments,
    resolve_arguments,
    too_many_expired,
)
from cost_sentry.domain.reservation import charged_in_full
from tests.fakes.builders import NOON, budget, hold, reservation
from tests.simulation.dynamodb.model import DynamoDbModel, InstantClient

PLACE, PURSE = "search/web", "search-daily@2026-11-21"
CALL = reservation("r1", hold(100))


class Table:
    """A shard that has so much, and whatever else a test puts there."""

    def __init__(self, free=1_000, **maps):
        self.calls = LedgerCalls(InstantClient(DynamoDbModel(lambda: 0)), "ledger")
        Shards(self.calls).open(PLACE, "")
        self.put("free", PURSE, number(free))
        for attribute, items in maps.items():
            for name, text in items.items():
                self.put(attribute, name, {"S": text})

    def put(self, attribute, name, value):
        self.calls.update(
            {
                "Key": place_key(PLACE),
                "UpdateExpression": "SET #map.#name = :value",
                "ExpressionAttributeNames": {"#map": attribute, "#name": name},
                "ExpressionAttributeValues": {":value": value},
            }
        )

    @property
    def shard(self):
        return ShardState.of(self.calls.get(place_key(PLACE)))


def reserve(table):
    return table.calls.update(reserve_arguments(CALL))


def bring(table):
    """Money of another budget; of this one the shard has what the call needs."""
    other = hold(50, budget("other"))
    seen = Seen(limit=1_000, elsewhere=0, at_seconds=0)
    both = replace(CALL, holds=(*CALL.holds, other))
    grants = {other.key: Grant(takes=(), amount=50, seen=seen)}
    return table.calls.transact([bring_and_hold(both, grants)])


def expired_calls(count, first=0):
    """So many, the oldest first, and another order by name."""
    calls = [reservation(f"old{99 - n}", hold(1)) for n in range(first, first + count)]
    return {
        call.request_id: expired_text(call, charged_in_full(call, NOON + timedelta(seconds=n)))
        for n, call in enumerate(calls)
    }


@pytest.mark.parametrize("write", [reserve, bring])
@pytest.mark.parametrize(("free", "is_held"), [(100, True), (99, False)])
def test_a_call_is_held_by_exactly_what_it_needs(write, free, is_held):
    table = Table(free)

    outcome = write(table)

    assert isinstance(outcome, Written if is_held else ConditionFailed)
    assert table.shard.free[PURSE] == (0 if is_held else free)


@pytest.mark.parametrize("write", [reserve, bring])
def test_an_id_that_expired_here_or_a_shard_that_split_holds_nothing(write):
    expired = Table(expired={"r1": expired_text(CALL, charged_in_full(CALL, NOON))})
    split = Table()
    Shards(split.calls).split(split.shard)
    assert split.shard.state == SPLIT

    for table in (expired, split):
        assert isinstance(write(table), ConditionFailed)
        assert "r1" not in table.shard.pending


@pytest.mark.parametrize(
    ("there", "forgets", "has_room"),
    [(7, 0, True), (8, 0, False), (8, 1, True), (9, 1, False), (9, 2, True)],
)
def test_a_shard_keeps_eight_expired_calls_and_one_more_only_for_one_that_leaves(
    there, forgets, has_room
):
    old = expired_calls(there)
    table = Table(pending={"r1": pending_text(CALL)}, expired=old)

    outcome = table.calls.update(
        resolve_arguments(CALL, charged_in_full(CALL, NOON), tuple(old)[:forgets])
    )

    assert isinstance(outcome, Written if has_room else ConditionFailed)
    kept = {*tuple(old)[forgets:], "r1"} if has_room else {*old}
    assert {*table.shard.expired} == kept
    assert EXPIRED_MAX == 8


@pytest.mark.parametrize(("there", "leave"), [(6, 0), (7, 0), (8, 1), (10, 3)])
def test_the_oldest_expired_calls_leave_a_full_shard_for_one_that_it_holds(there, leave):
    old = expired_calls(there)
    shard = Table(pending={"r1": pending_text(CALL)}, expired=old).shard

    assert too_many_expired(shard, CALL) == tuple(old)[:leave]


def test_none_leaves_for_a_call_that_the_shard_does_not_hold_just_so():
    old = expired_calls(EXPIRED_MAX)
    held = Table(pending={"r1": pending_text(CALL)}, expired=old).shard

    assert too_many_expired(None, CALL) == ()
    assert too_many_expired(Table(expired=old).shard, CALL) == ()
    assert too_many_expired(held, replace(CALL, attempt="another")) == ()
