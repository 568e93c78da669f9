"""What ended windows left in a shard goes home, unless a call of theirs may still end there."""

from datetime import timedelta

import pytest

from cost_sentry.adapters.ledger_calls import ConditionFailed
from cost_sentry.adapters.ledger_items import ShardState
from cost_sentry.adapters.ledger_retirement import (
    EXPIRED_KEPT,
    retire_all,
    retire_ended_windows,
)
from cost_sentry.adapters.ledger_writes import expired_text, pending_text
from cost_sentry.domain.ledger_entry import EntryKind
from cost_sentry.domain.reservation import charged_in_full
from tests.fakes.builders import NOON, budget, hold, reservation
from tests.fakes.noted_calls import NotedCalls

LATER = NOON + timedelta(days=3)
DAILY = budget()
ENDED, OTHER = "search-daily@2026-11-21", "odd@name@2026-11-21"
RUNNING = "search-daily@2026-11-24"
CALL = reservation("r1", hold(100, DAILY))
EXPIRED = {"r1": expired_text(CALL, charged_in_full(CALL, LATER))}


def shard(*purses, **more):
    return ShardState(place="search/web", free=dict.fromkeys(purses, 5), sequence=7, **more)


def retired(*shards, batch_max=100, outcome=None):
    calls = NotedCalls(outcome=outcome)
    done = retire_ended_windows(calls, shards, LATER, batch_max)
    return done, purses_of(calls)


def purses_of(calls):
    updates = [parts[0]["Update"] for parts in calls.transactions]
    return [update["ExpressionAttributeNames"]["#b"] for update in updates]


def versions_of(calls):
    values = [parts[0]["Update"]["ExpressionAttributeValues"] for parts in calls.transactions]
    return [each[":sequence"]["N"] for each in values]


def test_an_ended_window_leaves_the_shard_and_a_running_one_stays():
    assert retired(shard(RUNNING, ENDED)) == (1, [ENDED])


def test_what_an_ended_window_left_is_taken_and_given_in_one_write():
    calls = NotedCalls()
    retire_ended_windows(calls, [shard(ENDED)], LATER, 1)

    [[taken, given]] = calls.transactions
    assert taken["Update"]["ConditionExpression"] == "#sequence = :sequence"
    assert taken["Update"]["ExpressionAttributeValues"][":sequence"] == {"N": "7"}
    entry = ShardState(
        place="search/web", entry=taken["Update"]["ExpressionAttributeValues"][":entry"]["S"]
    ).last_entry()
    assert (entry.kind, entry.moves) == (EntryKind.RECALL, ((ENDED, -5),))
    values = given["Update"]["ExpressionAttributeValues"]
    assert values == {":amount": {"N": "5"}, ":places": {"SS": ["search/web"]}}


@pytest.mark.parametrize(
    "waits", [{"pending": {"r1": pending_text(CALL)}}, {"expired": EXPIRED}], ids=str
)
def test_an_ended_window_waits_for_its_calls(waits):
    assert retired(shard(ENDED, OTHER, **waits)) == (1, [OTHER])


@pytest.mark.parametrize(
    ("age", "forgotten"), [(EXPIRED_KEPT, 0), (EXPIRED_KEPT + timedelta(milliseconds=1), 1)]
)
def test_an_expired_call_waits_a_day_for_its_true_cost(age, forgotten):
    text = expired_text(CALL, charged_in_full(CALL, LATER - age))
    calls = NotedCalls()

    retire_ended_windows(calls, [shard(expired={"r1": text})], LATER, 100)

    assert len(calls.updates) == forgotten
    for write in calls.updates:
        assert write["UpdateExpression"] == "REMOVE expired.#id"
        assert write["ConditionExpression"] == "expired.#id = :text"
        assert write["ExpressionAttributeValues"] == {":text": {"S": text}}


def test_all_ended_windows_of_a_shard_leave_in_one_run_each_on_the_version_of_the_last():
    calls = NotedCalls()

    assert retire_ended_windows(calls, [shard(ENDED, OTHER)], LATER, 9) == 2
    assert versions_of(calls) == ["7", "8"]


def test_no_more_windows_are_retired_than_were_asked_for_over_all_shards():
    shards = shard(ENDED, OTHER), shard(ENDED, OTHER)

    assert retired(*shards, batch_max=3) == (3, [ENDED, OTHER, ENDED])
    assert retired(*shards, batch_max=0) == (0, [])


def test_a_window_whose_shard_was_written_meanwhile_is_not_counted():
    done, purses = retired(shard(ENDED, OTHER), outcome=ConditionFailed(item=None))

    assert (done, purses) == (0, [ENDED, OTHER])


def test_each_window_of_an_idle_shard_goes_home_on_the_version_that_the_last_one_left():
    calls = NotedCalls()

    done = retire_all(calls, shard(ENDED, RUNNING), NOON)

    assert (done, purses_of(calls)) == (2, [ENDED, RUNNING])
    assert versions_of(calls) == ["7", "8"]


def test_an_idle_shard_that_is_written_to_keeps_the_rest_of_its_money():
    calls = NotedCalls(outcome=ConditionFailed(item=None))

    assert retire_all(calls, shard(ENDED, RUNNING), NOON) == 0
    assert purses_of(calls) == [ENDED]
