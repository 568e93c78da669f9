"""What ended windows left in a shard goes home, unless a call of theirs may still end there."""

from datetime import timedelta

import pytest

from cost_sentry.adapters.ledger_calls import ConditionFailed, Written
from cost_sentry.adapters.ledger_items import ShardState
from cost_sentry.adapters.ledger_retirement import (
    EXPIRED_KEPT,
    LEAVING_MAX,
    RETIRED_MIN,
    TRIES_MAX,
    retire_all,
    retire_ended_windows,
    retire_some,
)
from cost_sentry.adapters.ledger_writes import expired_text, pending_text
from cost_sentry.domain.ledger_entry import EntryKind
from cost_sentry.domain.reservation import charged_in_full
from tests.fakes.builders import NOON, budget, hold, reservation
from tests.fakes.noted_calls import NotedCalls, shard_item

LATER = NOON + timedelta(days=3)
DAILY = budget()
ENDED, OTHER = "search-daily@2026-11-21", "odd@name@2026-11-21"
RUNNING = "search-daily@2026-11-24"
CALL = reservation("r1", hold(100, DAILY))
EXPIRED = {"r1": expired_text(CALL, charged_in_full(CALL, LATER))}
MANY = tuple(f"b{n:03d}@2026-11-21" for n in range(2 * LEAVING_MAX + 1))


class Meeting(NotedCalls):
    """Others write to the shard so many times before a move."""

    meetings = 0

    def transact(self, actions):
        super().transact(actions)
        self.meetings -= 1
        return ConditionFailed(item=None) if self.meetings >= 0 else Written(attributes={})


def item(*purses, place="search/web", **more):
    return shard_item(place, free=dict.fromkeys(purses, 5), **more)


def shard(*purses, **more):
    return ShardState.of(item(*purses, **more))


def retired(*items, moves_max=100, meetings=0):
    calls = Meeting(*items)
    calls.meetings = meetings
    done = retire_ended_windows(calls, [ShardState.of(each) for each in items], LATER, moves_max)
    return done, purses_of(calls)


def purses_of(calls):
    updates = [parts[0]["Update"]["ExpressionAttributeNames"] for parts in calls.transactions]
    return [[names[n] for n in sorted(names, key=len) if n[:2] == "#b"] for names in updates]


def versions_of(calls):
    values = [parts[0]["Update"]["ExpressionAttributeValues"] for parts in calls.transactions]
    return [each[":sequence"]["N"] for each in values]


def test_an_ended_window_leaves_the_shard_and_a_running_one_stays():
    assert retired(item(RUNNING, ENDED)) == (1, [[ENDED]])
    assert retired(item(RUNNING)) == (0, [])


def test_what_ended_windows_left_is_taken_and_given_in_one_write():
    calls = NotedCalls(item(ENDED, OTHER))
    retire_ended_windows(calls, [shard(ENDED, OTHER)], LATER, 1)

    [[taken, *given]] = calls.transactions
    update = taken["Update"]
    assert update["ConditionExpression"] == "#sequence = :sequence"
    assert update["UpdateExpression"] == (
        "SET #entry = :entry REMOVE #free.#b0, seen.#b0, #free.#b1, seen.#b1 ADD #sequence :one"
    )
    assert update["ExpressionAttributeValues"][":sequence"] == {"N": "7"}
    entry = ShardState(
        place="search/web", entry=update["ExpressionAttributeValues"][":entry"]["S"]
    ).last_entry()
    assert (entry.kind, dict(entry.moves)) == (EntryKind.RECALL, {ENDED: -5, OTHER: -5})
    for home in given:
        values = home["Update"]["ExpressionAttributeValues"]
        assert values == {":amount": {"N": "5"}, ":places": {"SS": ["search/web"]}}


@pytest.mark.parametrize(
    "waits",
    [
        {"pending": {"M": {"r1": {"S": pending_text(CALL)}}}},
        {"expired": {"M": {"r1": {"S": EXPIRED["r1"]}}}},
    ],
    ids=["pending", "expired"],
)
def test_an_ended_window_waits_for_its_calls(waits):
    assert retired(item(ENDED, OTHER, **waits)) == (1, [[OTHER]])


@pytest.mark.parametrize(
    ("age", "forgotten"), [(EXPIRED_KEPT, 0), (EXPIRED_KEPT + timedelta(milliseconds=1), 1)]
)
def test_an_expired_call_waits_a_day_for_its_true_cost(age, forgotten):
    text = expired_text(CALL, charged_in_full(CALL, LATER - age))
    calls = NotedCalls()

    retire_ended_windows(calls, [ShardState(place="search/web", expired={"r1": text})], LATER, 100)

    assert len(calls.updates) == forgotten
    for write in calls.updates:
        assert write["UpdateExpression"] == "REMOVE expired.#id"
        assert write["ConditionExpression"] == "expired.#id = :text"
        assert write["ExpressionAttributeValues"] == {":text": {"S": text}}


def test_many_ended_windows_leave_some_at_a_time_each_on_the_version_of_the_last():
    calls = NotedCalls(item(*MANY))

    assert retire_ended_windows(calls, [shard(*MANY)], LATER, 9) == 3
    assert [len(purses) for purses in purses_of(calls)] == [LEAVING_MAX, LEAVING_MAX, 1]
    assert sorted(purse for purses in purses_of(calls) for purse in purses) == sorted(MANY)
    assert versions_of(calls) == ["7", "8", "9"]


def test_no_more_moves_are_made_than_were_asked_for_over_all_shards():
    two = item(*MANY), item(ENDED, place="search/app")

    assert [retired(*two, moves_max=most)[0] for most in (0, 1, 3, 4, 9)] == [0, 1, 3, 4, 4]
    assert retired(*two, moves_max=0)[1] == []


def test_a_run_that_may_move_nothing_more_looks_at_no_shard_any_more():
    text = expired_text(CALL, charged_in_full(CALL, LATER - 2 * EXPIRED_KEPT))
    forgets = ShardState(place="search/web", expired={"r1": text})
    for shards, moves_max in (([forgets], 0), ([shard(ENDED), forgets], 1)):
        calls = NotedCalls(item(ENDED))

        assert retire_ended_windows(calls, shards, LATER, moves_max) == moves_max
        assert calls.updates == []


def test_a_shard_of_which_nothing_has_ended_is_not_read():
    class Unread(NotedCalls):
        def get(self, key):
            raise AssertionError(key)

    assert retire_ended_windows(Unread(), [shard(RUNNING)], LATER, 9) == 0


def test_a_busy_shard_is_read_again_until_its_ended_windows_leave():
    """The version that the walk saw is old by then; each try has the shard as it is."""
    now = {**item(ENDED, OTHER), "sequence": {"N": "40"}}
    calls = Meeting(now)
    calls.meetings = TRIES_MAX - 1

    assert retire_ended_windows(calls, [shard(ENDED, OTHER)], LATER, 9) == 1
    assert versions_of(calls) == ["40"] * TRIES_MAX


def test_a_shard_that_is_written_to_all_the_time_waits_for_the_next_run():
    done, tried = retired(item(ENDED), item(OTHER, place="search/app"), meetings=TRIES_MAX)

    assert (done, len(tried)) == (1, TRIES_MAX + 1)
    assert tried[-1] == [OTHER]


@pytest.mark.parametrize(
    ("ended", "leave"),
    [(RETIRED_MIN - 1, 0), (RETIRED_MIN, RETIRED_MIN), (LEAVING_MAX + 1, LEAVING_MAX)],
)
def test_a_busy_shard_that_carries_some_ended_windows_sends_them_home_itself(ended, leave):
    calls = NotedCalls()

    retire_some(calls, shard(RUNNING, *MANY[:ended]), LATER)

    assert purses_of(calls) == ([[*MANY[:leave]]] if leave else [])
    assert versions_of(calls) == (["7"] if leave else [])


def test_a_busy_shard_of_which_all_windows_have_ended_sends_them_home_too():
    calls = NotedCalls()

    retire_some(calls, shard(*MANY[:RETIRED_MIN]), LATER)

    assert purses_of(calls) == [[*MANY[:RETIRED_MIN]]]


def test_windows_that_run_or_have_calls_count_for_none_that_ended():
    running = [f"b{n:03d}@2026-11-24" for n in range(RETIRED_MIN)]
    held = {"pending": {"M": {"r1": {"S": pending_text(CALL)}}}}
    calls = NotedCalls()

    retire_some(calls, shard(*running, *MANY[: RETIRED_MIN - 1]), LATER)
    retire_some(calls, shard(ENDED, *MANY[: RETIRED_MIN - 1], **held), LATER)

    assert calls.transactions == []


def test_what_is_held_meanwhile_stays():
    """A late call of the window came after the walk."""
    held = {"pending": {"M": {"r1": {"S": pending_text(CALL)}}}}
    calls = NotedCalls(item(ENDED, **held))

    assert retire_ended_windows(calls, [shard(ENDED)], LATER, 9) == 0
    assert calls.transactions == []


def test_a_shard_that_is_gone_has_nothing_to_retire():
    assert retire_ended_windows(NotedCalls(), [shard(ENDED)], LATER, 9) == 0


def test_all_money_of_an_idle_shard_goes_home_in_one_move():
    calls = NotedCalls()

    assert retire_all(calls, shard(ENDED, RUNNING), NOON)
    assert (purses_of(calls), versions_of(calls)) == ([[ENDED, RUNNING]], ["7"])


def test_no_more_money_goes_home_in_one_move_than_a_transaction_holds():
    calls = NotedCalls()

    assert retire_all(calls, shard(*MANY), NOON)
    assert purses_of(calls) == [[*MANY[:LEAVING_MAX]]]


def test_what_an_idle_shard_owes_of_a_running_window_stays_where_it_is_paid():
    calls = NotedCalls()
    owing = shard_item(free={RUNNING: -5, ENDED: -5})

    assert retire_all(calls, ShardState.of(owing), LATER)
    assert purses_of(calls) == [[ENDED]]
    assert not retire_all(calls, ShardState.of(shard_item(free={RUNNING: -5})), LATER)


def test_an_idle_shard_that_is_written_to_keeps_its_money():
    calls = NotedCalls(outcome=ConditionFailed(item=None))

    assert not retire_all(calls, shard(ENDED, RUNNING), NOON)
    assert len(calls.transactions) == 1
