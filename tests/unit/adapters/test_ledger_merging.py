"""Which shards take part in merging, and what keeps each of them back."""

from datetime import timedelta

import pytest

from cost_sentry.adapters.entry_record import entry_text
from cost_sentry.adapters.ledger_calls import ConditionFailed
from cost_sentry.adapters.ledger_items import CLOSED, SPLIT, ShardState, place_key
from cost_sentry.adapters.ledger_merging import IDLE_FOR, tidy_shards
from cost_sentry.domain.ledger_entry import EntryKind
from tests.fakes.builders import NOON
from tests.fakes.noted_calls import NotedCalls, shard_item

PURSE = "search-daily@2026-11-21"
STAMP = frozenset({"stamp"})
MEMORIES = [
    {"pending": {"r1": "held"}},
    {"expired": {"r1": "held"}},
    {"ended": STAMP},
    {"faded": STAMP},
    {"inherited": STAMP},
]


def shard(bits="", **state):
    return ShardState(place=f"search/web#{bits}" if bits else "search/web", **state)


def entry(age):
    return entry_text(EntryKind.ALLOT, NOON - age, moves={PURSE: 1})


def tidied(*shards, writes_max=100, outcome=None, items=()):
    calls = NotedCalls(*items, outcome=outcome)
    done = tidy_shards(calls, shards, NOON, writes_max)
    return done, calls


def changes(calls):
    """The shards that were written to, one list per write."""
    writes = [[update] for update in calls.updates]
    writes += [[part["Update"] for part in parts] for parts in calls.transactions]
    return [[(w["Key"]["sk"]["S"], w["UpdateExpression"]) for w in parts] for parts in writes]


def merged(root=(), left=(), right=()):
    """What became of a split shard and its two halves."""
    halves = shard("0", **dict(left)), shard("1", **dict(right))
    done, calls = tidied(shard(state=SPLIT, **dict(root)), *halves)
    return done, changes(calls)


WHOLE_AGAIN = [
    ("SHARD#0", "SET #state = :to"),
    ("SHARD#1", "SET #state = :to"),
    ("SHARD#", "REMOVE #state"),
]


def test_two_halves_at_rest_are_closed_and_the_shard_above_is_opened_in_one_write():
    assert merged() == (1, [WHOLE_AGAIN])


def test_each_part_of_a_merge_holds_only_if_nothing_happened_in_its_shard():
    shards = shard(state=SPLIT, sequence=3), shard("0", sequence=4), shard("1", sequence=5)
    _, calls = tidied(*shards)

    [parts] = calls.transactions
    held = [
        (w["ConditionExpression"], w["ExpressionAttributeValues"])
        for w in (part["Update"] for part in parts)
    ]
    assert held == [
        (
            "attribute_not_exists(#state) AND #sequence = :sequence",
            {":sequence": {"N": "4"}, ":to": {"S": CLOSED}},
        ),
        (
            "attribute_not_exists(#state) AND #sequence = :sequence",
            {":sequence": {"N": "5"}, ":to": {"S": CLOSED}},
        ),
        (
            "#state = :was AND #sequence = :sequence",
            {":sequence": {"N": "3"}, ":was": {"S": SPLIT}},
        ),
    ]


@pytest.mark.parametrize("memory", [*MEMORIES, {"state": SPLIT}, {"entry": entry(IDLE_FOR)}])
@pytest.mark.parametrize("half", ["left", "right"])
def test_a_half_that_is_not_at_rest_keeps_its_shard_split(memory, half):
    _, writes = merged(**{half: memory})

    assert WHOLE_AGAIN not in writes


def test_a_half_that_is_not_there_keeps_its_shard_split():
    done, calls = tidied(shard(state=SPLIT), shard("0"))

    assert (done, changes(calls)) == (0, [])


@pytest.mark.parametrize("half", ["left", "right"])
def test_money_goes_home_before_a_merge(half):
    done, writes = merged(**{half: {"free": {PURSE: 5}}})

    shard_key = {"left": "SHARD#0", "right": "SHARD#1"}[half]
    assert done == 1
    assert [key for [(key, _), _] in writes] == [shard_key]
    assert WHOLE_AGAIN not in writes


def test_money_of_the_split_shard_goes_home_before_a_merge():
    done, writes = merged(root={"free": {PURSE: 5}})

    assert done == 1
    assert [key for [(key, _), _] in writes] == ["SHARD#"]


@pytest.mark.parametrize(
    ("age", "done"), [(IDLE_FOR, 0), (IDLE_FOR + timedelta(milliseconds=1), 1)]
)
def test_a_shard_is_idle_once_nothing_happened_in_it_for_ten_minutes(age, done):
    assert merged(root={"entry": entry(age)})[0] == done
    assert merged(left={"entry": entry(age)})[0] == done


@pytest.mark.parametrize("memory", MEMORIES[:2])
def test_a_shard_that_waits_for_a_call_takes_no_part(memory):
    done, calls = tidied(shard("0", **memory, inherited=STAMP))

    assert (done, changes(calls)) == (0, [])


def test_an_account_that_never_split_is_left_in_peace():
    done, calls = tidied(shard(inherited=STAMP))

    assert (done, changes(calls)) == (0, [])


def test_an_idle_shard_without_memory_or_money_needs_nothing():
    done, calls = tidied(shard("0"))

    assert (done, changes(calls)) == (0, [])


@pytest.mark.parametrize("memory", MEMORIES)
@pytest.mark.parametrize("bits", ["", "0"])
def test_what_was_inherited_is_kept_while_a_shard_above_remembers_anything(memory, bits):
    done, calls = tidied(shard("01", inherited=STAMP), shard(bits, **memory))

    assert done == len(calls.updates)
    assert ("SHARD#01", "REMOVE inherited") not in [w for [w, *_] in changes(calls)]


def test_what_was_inherited_is_forgotten_once_no_shard_above_remembers_anything():
    heir = shard("01", inherited=STAMP)

    done, calls = tidied(heir, shard("0", state=CLOSED), shard("1", ended=STAMP))

    assert done == 1
    assert calls.updates == [
        {
            "Key": place_key("search/web#01"),
            "UpdateExpression": "REMOVE inherited",
            "ConditionExpression": "attribute_exists(inherited)",
        }
    ]


@pytest.mark.parametrize(
    ("memory", "change"),
    [
        ({"ended": STAMP}, "DELETE ended :ended"),
        ({"faded": STAMP, "faded_at": 1}, "REMOVE faded"),
    ],
)
def test_a_shard_forgets_its_own_calls_before_those_that_it_inherited(memory, change):
    item = shard_item("search/web#01", **memory)

    done, calls = tidied(shard("01", inherited=STAMP, **memory), items=[item])

    assert done == 1
    assert [change in write["UpdateExpression"] for write in calls.updates] == [True]


def test_no_more_is_written_than_was_asked_for_and_only_what_happened_counts():
    heirs = [shard(bits, inherited=STAMP) for bits in ("00", "01", "10")]

    assert tidied(*heirs, writes_max=2)[0] == 2
    done, calls = tidied(*heirs, writes_max=2, outcome=ConditionFailed(item=None))
    assert (done, len(calls.updates)) == (0, 3)
