"""Which accounts are laid to rest, by which steps, and what keeps each of them in use."""

from datetime import timedelta

import pytest

from cost_sentry.adapters.entry_record import entry_text
from cost_sentry.adapters.ledger_calls import ConditionFailed, Conflict
from cost_sentry.adapters.ledger_items import CLOSED, SPLIT, ShardState, place_key, registry_key
from cost_sentry.adapters.ledger_rest import REST_AFTER_SECONDS, lay_to_rest
from cost_sentry.domain.ledger_entry import EntryKind
from tests.fakes.builders import NOON
from tests.fakes.noted_calls import NotedCalls, shard_item

PURSE = "search-daily@2026-11-21"
ENDED = "search-daily@2026-11-19"
STAMP = frozenset({"stamp"})
LONG_AGO = timedelta(seconds=REST_AFTER_SECONDS, milliseconds=1)


def entry(age):
    return entry_text(EntryKind.ALLOT, NOON - age, moves={PURSE: 1})


def root(**state):
    return ShardState(**{"place": "search/web", "entry": entry(LONG_AGO), "sequence": 7, **state})


def laid(*shards, writes_max=1, outcome=None, items=()):
    calls = NotedCalls(*items, outcome=outcome)
    return lay_to_rest(calls, shards, NOON, writes_max), calls


def test_an_idle_account_that_holds_nothing_is_closed_and_struck_off_the_register_in_one_write():
    done, calls = laid(root())

    assert done == 1
    assert calls.updates == []
    assert calls.transactions == [
        [
            {
                "Update": {
                    "Key": place_key("search/web"),
                    "UpdateExpression": "SET #state = :closed",
                    "ConditionExpression": (
                        "attribute_not_exists(#state) AND #sequence = :sequence"
                    ),
                    "ExpressionAttributeNames": {"#state": "state", "#sequence": "sequence"},
                    "ExpressionAttributeValues": {
                        ":closed": {"S": CLOSED},
                        ":sequence": {"N": "7"},
                    },
                }
            },
            {"Delete": {"Key": registry_key("search/web")}},
        ]
    ]


def test_an_account_whose_calls_were_all_refused_has_no_entry_and_rests_too():
    assert laid(root(entry=None, sequence=0))[0] == 1


@pytest.mark.parametrize("outcome", [ConditionFailed(item=None), Conflict()])
def test_what_somebody_else_was_faster_than_does_not_count(outcome):
    assert laid(root(), outcome=outcome)[0] == 0


@pytest.mark.parametrize(
    ("age", "done"), [(timedelta(seconds=REST_AFTER_SECONDS), 0), (LONG_AGO, 1)]
)
def test_an_account_is_idle_once_nothing_happened_in_it_for_an_hour(age, done):
    assert laid(root(entry=entry(age)))[0] == done


@pytest.mark.parametrize("more", [{}, {"ended": STAMP}, {"free": {PURSE: 5}}])
@pytest.mark.parametrize(
    "state",
    [{"pending": {"r1": "held"}}, {"expired": {"r1": "held"}}, {"state": SPLIT}, {"state": CLOSED}],
)
def test_an_account_with_calls_or_halves_and_one_at_rest_are_left_in_peace(state, more):
    done, calls = laid(root(**state, **more), items=[shard_item("search/web", ended=STAMP)])

    assert (done, calls.updates, calls.transactions) == (0, [], [])


@pytest.mark.parametrize("shards", [[], [root(place="search/web#0")]])
def test_an_account_whose_first_shard_is_not_seen_is_left_in_peace(shards):
    assert laid(*shards)[0] == 0


def test_halves_that_were_merged_do_not_keep_an_account_in_use():
    halves = [ShardState(place=f"search/web#{bit}", state=CLOSED) for bit in "01"]

    assert laid(*halves, root())[0] == 1


def test_no_more_is_written_than_was_asked_for():
    done, calls = laid(root(), writes_max=0)

    assert (done, calls.transactions) == (0, [])


@pytest.mark.parametrize(
    ("memory", "change"),
    [
        ({"ended": STAMP}, "DELETE ended :ended"),
        ({"faded": STAMP, "faded_at": 1}, "REMOVE faded"),
    ],
)
def test_it_forgets_its_calls_as_shards_do_before_its_money_goes_home(memory, change):
    item = shard_item("search/web", **memory)

    done, calls = laid(root(**memory, free={PURSE: 5}), items=[item])

    assert (done, calls.transactions) == (1, [])
    assert [change in write["UpdateExpression"] for write in calls.updates] == [True]


def test_its_money_goes_home_before_it_rests():
    done, calls = laid(root(free={PURSE: 5, ENDED: -3}))

    [[shard, *homes]] = calls.transactions
    assert done == 1
    assert shard["Update"]["UpdateExpression"].startswith("SET #entry = :entry REMOVE ")
    assert [h["Update"]["ExpressionAttributeValues"][":amount"] for h in homes] == [
        {"N": "5"},
        {"N": "-3"},
    ]


def test_what_it_owes_of_a_window_that_runs_is_paid_before_it_rests():
    done, calls = laid(root(free={PURSE: -5}))

    assert (done, calls.transactions) == (0, [])
