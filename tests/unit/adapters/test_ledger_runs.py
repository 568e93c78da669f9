"""Windows of agent runs leave a shard while the runs may go on, and never with a call of theirs."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.adapters.ledger_calls import ConditionFailed, LedgerCalls
from cost_sentry.adapters.ledger_items import Seen, ShardState, number, place_key, window_key
from cost_sentry.adapters.ledger_runs import (
    RUN_IDLE_SECONDS,
    RUN_OLD_SECONDS,
    RUN_WINDOWS_MAX,
    SENT_HOME_MAX,
    SENT_HOME_MIN,
    besides_runs,
    make_room,
    send_idle_home,
)
from cost_sentry.adapters.ledger_writes import expired_text, pending_text
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.ledger_entry import EntryKind
from cost_sentry.domain.reservation import charged_in_full
from cost_sentry.domain.window import WindowKind
from tests.fakes.builders import NOON, budget, hold, reservation
from tests.fakes.noted_calls import NotedCalls, shard_item
from tests.simulation.dynamodb.model import DynamoDbModel, InstantClient

DAY = "search-daily@2026-11-21"
PLACE = "search/web"
LATELY, OLD = (timedelta(seconds=RUN_OLD_SECONDS + n) for n in (0, 1))
IDLE_FOR, LONG_IDLE = (timedelta(seconds=RUN_IDLE_SECONDS + n) for n in (0, 1))


def run(number: int) -> Budget:
    """The budget of a run that began a moment ago."""
    made = int(NOON.timestamp() * 1_000) - 600_000 + number
    of = f"{made >> 16:08x}-{made & 0xFFFF:04x}-7000-8000-00000000000{number % 10}"
    return budget("run-money", window=WindowKind.SESSION, session=of)


def purse(number: int) -> str:
    return f"run-money@{run(number).window_at(NOON).id}"


def seen(age: timedelta, mark: str = "marked") -> str:
    at = int((NOON - age).timestamp())
    return Seen(limit=1_000, elsewhere=900, at_seconds=at, mark=mark).text()


def shard(*ages: timedelta, free: int = 5, mark: str = "marked", **more) -> ShardState:
    """Run 0 was filled so long ago, run 1 so long, …; and a day, which stays."""
    return ShardState(
        place=PLACE,
        free={DAY: 5, **{purse(n): free for n in range(len(ages))}},
        seen={DAY: seen(OLD), **{purse(n): seen(age, mark) for n, age in enumerate(ages)}},
        sequence=7,
        **more,
    )


def left(act, *given, outcome=None, **more) -> list[str]:
    """Which windows were sent home, all in one transaction."""
    calls = NotedCalls(outcome=outcome)
    act(calls, *given, NOON, **more)
    assert len(calls.transactions) <= 1
    if not calls.transactions:
        return []
    names = calls.transactions[0][0]["Update"]["ExpressionAttributeNames"]
    return [names[f"#b{i}"] for i in range(len(calls.transactions[0]) - 1)]


@pytest.mark.parametrize(
    ("ages", "gone"),
    [
        ([OLD] * SENT_HOME_MIN, [*range(SENT_HOME_MIN)]),
        ([OLD] * (SENT_HOME_MIN - 1) + [LATELY], []),
        ([LATELY, *[OLD] * SENT_HOME_MIN], [*range(1, SENT_HOME_MIN + 1)]),
        ([OLD] * (SENT_HOME_MAX + 1), [*range(SENT_HOME_MAX)]),
    ],
)
def test_windows_that_nobody_filled_lately_leave_together_once_they_are_worth_a_write(ages, gone):
    assert left(make_room, shard(*ages)) == [purse(n) for n in gone]


@pytest.mark.parametrize(("carried", "gone"), [(RUN_WINDOWS_MAX, 0), (RUN_WINDOWS_MAX + 1, 8)])
def test_a_shard_that_carries_too_many_sends_the_oldest_home_however_new(carried, gone):
    ages = [timedelta(milliseconds=500 * number) for number in range(carried)]

    assert sorted(left(make_room, shard(*ages))) == sorted(
        purse(n) for n in range(carried - gone, carried)
    )


def test_they_take_their_money_along_in_one_entry_and_leave_their_windows_places():
    calls = NotedCalls()
    make_room(calls, shard(*[OLD] * SENT_HOME_MIN), NOON)

    [[taken, *given]] = calls.transactions
    values = taken["Update"]["ExpressionAttributeValues"]
    entry = ShardState(place=PLACE, entry=values[":entry"]["S"]).last_entry()
    moved = tuple((purse(n), -5) for n in range(SENT_HOME_MIN))
    assert (entry.kind, entry.moves) == (EntryKind.RECALL, moved)
    assert [one["Update"]["ExpressionAttributeValues"] for one in given] == [
        {":amount": {"N": "5"}, ":places": {"SS": [PLACE]}}
    ] * SENT_HOME_MIN
    condition = taken["Update"]["ConditionExpression"]
    assert condition.count("#free.#b") == condition.count("#seen.#b") == SENT_HOME_MIN
    assert "sequence" not in condition


CALL = reservation("r1", hold(100, run(0)), hold(100))
EXPIRED = {"r1": expired_text(CALL, charged_in_full(CALL, NOON))}


@pytest.mark.parametrize(
    "waits", [{"pending": {"r1": pending_text(CALL)}}, {"expired": EXPIRED}], ids=str
)
def test_a_window_waits_for_its_calls(waits):
    ages = [OLD] * (SENT_HOME_MIN + 1)

    assert left(make_room, shard(*ages, **waits)) == [purse(n) for n in range(1, len(ages))]


@pytest.mark.parametrize("stays", [{"free": -1}, {"mark": ""}], ids=str)
def test_a_debt_stays_and_so_does_what_no_condition_could_tell_from_a_later_refill(stays):
    assert left(make_room, shard(*[OLD] * 9, **stays)) == []


@pytest.mark.parametrize(("ages", "windows_max"), [([LONG_IDLE], 9), ([LONG_IDLE] * 3, 1)])
def test_the_scheduled_run_sends_home_what_is_idle_for_long_within_its_bound(ages, windows_max):
    assert left(lambda c, *g: send_idle_home(c, [shard(*ages)], *g, windows_max)) == [purse(0)]
    assert left(lambda c, *g: send_idle_home(c, [shard(IDLE_FOR)], *g, windows_max)) == []
    assert left(lambda c, *g: send_idle_home(c, [shard(*ages)], *g, 0)) == []


def test_the_scheduled_run_counts_windows_over_all_shards_and_only_those_that_left():
    shards = [shard(LONG_IDLE, LONG_IDLE), shard(LONG_IDLE, LONG_IDLE)]
    calls, refused = NotedCalls(), NotedCalls(outcome=ConditionFailed(item=None))

    assert send_idle_home(calls, shards, NOON, 3) == 3
    assert [len(parts) - 1 for parts in calls.transactions] == [2, 1]
    assert send_idle_home(refused, shards, NOON, 3) == 0


def test_no_more_windows_leave_a_shard_at_once_than_a_transaction_holds():
    calls = NotedCalls()

    assert send_idle_home(calls, [shard(*[LONG_IDLE] * (SENT_HOME_MAX + 1))], NOON, 99) == (
        SENT_HOME_MAX + 1
    )
    assert [len(parts) - 1 for parts in calls.transactions] == [SENT_HOME_MAX, 1]


def test_windows_of_the_same_age_leave_by_name_and_one_that_was_never_filled_stays():
    ages = [OLD] * SENT_HOME_MIN
    backwards = dict.fromkeys([purse(99), *(purse(n) for n in reversed(range(len(ages))))], 5)
    mixed = replace(shard(*ages), free=backwards)

    assert left(make_room, mixed) == [purse(n) for n in range(SENT_HOME_MIN)]


@pytest.mark.parametrize("changed", [{}, {"free": 1}, {"seen": 1}], ids=str)
def test_windows_leave_only_if_nobody_has_drawn_on_any_of_them_meanwhile(changed):
    read = shard(*[OLD] * SENT_HOME_MIN)
    there = dict(read.free), dict(read.seen)
    if "free" in changed:
        there[0][purse(changed["free"])] -= 1
    if "seen" in changed:
        there[1][purse(changed["seen"])] = seen(LATELY)
    client = InstantClient(DynamoDbModel(lambda: 0))
    items = [
        shard_item(PLACE, free=there[0], seen={"M": {p: {"S": t} for p, t in there[1].items()}}),
        *(
            {**window_key(purse(n)), "unallotted": number(0), "places": {"SS": [PLACE]}}
            for n in range(SENT_HOME_MIN)
        ),
    ]
    for each in items:
        client.put_item(TableName="ledger", Item=each)
    calls = LedgerCalls(client, "ledger")

    make_room(calls, read, NOON)

    carried = ShardState.of(calls.get(place_key(PLACE))).free
    assert carried == ({**there[0]} if changed else {DAY: 5})


def test_a_window_that_has_ended_is_left_to_those_that_retire_it():
    calls = NotedCalls()

    assert send_idle_home(calls, [shard(LONG_IDLE)], NOON + timedelta(days=2), 9) == 0


def test_a_shard_is_not_filled_early_with_money_of_a_run():
    assert besides_runs((hold(3), hold(4, run(1)))) == (hold(3),)
