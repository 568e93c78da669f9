"""What the books say of a window, and how its limit is moved while others write."""

from dataclasses import replace

import pytest

from cost_sentry.adapters import dynamodb_books
from cost_sentry.adapters.dynamodb_books import ATTEMPTS_MAX, DynamoDbBooks
from cost_sentry.adapters.ledger_calls import ConditionFailed
from cost_sentry.adapters.ledger_items import definition_key, number, window_key
from cost_sentry.domain.allotment import Part, Placement, Spread
from cost_sentry.domain.errors import LedgerContention
from tests.fakes.builders import NOON, ManualClock, budget
from tests.fakes.noted_calls import NotedCalls, shard_item

DAY = "2026-11-21"
DAILY = budget(limit=1_000)
PURSE = f"{DAILY.id}@{DAY}"
WEB, APP, BEHIND = "search/web", "search/app", "search/behind"


class Scripted:
    """Allotments that show these spreads, the last one for ever, and notes what is moved."""

    def __init__(self, *spreads, shifts=False, places=False):
        self.spreads, self._shifts, self._places = list(spreads), shifts, places
        self.placed, self.shifted = [], 0

    def spread(self, purse):
        return self.spreads.pop(0) if len(self.spreads) > 1 else self.spreads[0]

    def shift_limit(self, purse, spread, limit):
        self.shifted += 1
        return self._shifts

    def place(self, purse, spread, placement, now):
        self.placed.append((placement, now))
        return self._places


def defined(limit):
    return {
        **definition_key(DAILY.id),
        "limit": number(limit),
        "unit": {"S": "usd"},
        "window": {"S": DAILY.window_text},
    }


OPENED = {**window_key(PURSE), "limit": number(1_000), "unallotted": number(1_000)}
SPREAD = Spread(
    limit=1_000,
    unallotted=100,
    impounded=30,
    places={WEB: Part(free=-20, pending=50), APP: Part(free=70, pending=5)},
)


@pytest.fixture
def books_on(monkeypatch):
    """Books over these items and this script; pauses are noted."""

    def made(script, *items, outcome=None):
        monkeypatch.setattr(dynamodb_books, "Allotments", lambda _calls: script)
        calls, pauses = NotedCalls(*items, outcome=outcome), []
        return DynamoDbBooks(calls, pauses.append, ManualClock()), calls, pauses

    return made


def test_a_balance_adds_up_to_the_limit_and_what_is_impounded_counts_as_unallotted(books_on):
    books, _, _ = books_on(Scripted(SPREAD), OPENED)

    found = books.balance(DAILY, DAY)

    assert (found.limit, found.unallotted, found.free, found.pending) == (1_000, 130, 50, 55)
    assert found.posted == 1_000 - 130 - 50 - 55


@pytest.mark.parametrize(("items", "limit"), [([defined(700)], 700), ([], 1_000)])
def test_a_window_nobody_spent_from_has_the_limit_that_is_defined_or_would_be(
    books_on, items, limit
):
    books, calls, _ = books_on(Scripted(None), *items)

    found = books.balance(DAILY, DAY)

    assert (found.limit, found.unallotted, found.posted) == (limit, limit, 0)
    assert (calls.updates, calls.transactions) == ([], [])


def test_a_balance_is_looked_for_again_while_others_are_in_the_way(books_on):
    books, _, pauses = books_on(Scripted(None, None, SPREAD), OPENED)

    assert books.balance(DAILY, DAY).pending == 55
    assert pauses == [0, 1]


def test_a_balance_that_is_never_seen_is_given_up(books_on):
    books, _, pauses = books_on(Scripted(None), OPENED)

    with pytest.raises(LedgerContention, match="'search-daily' has too many writers"):
        books.balance(DAILY, DAY)
    assert pauses == list(range(ATTEMPTS_MAX))


SHARDS = [
    {"pk": {"S": "ACCOUNTS"}, "sk": {"S": WEB}},
    {"pk": {"S": "ACCOUNTS"}, "sk": {"S": BEHIND}},
    {"pk": {"S": "ACCOUNTS"}, "sk": {"S": "search/other"}},
    shard_item(WEB, free={PURSE: -15}),
    shard_item(BEHIND, free={PURSE: 9}),
    shard_item("search/other", free={"another@2026-11-21": 500}),
]


@pytest.mark.parametrize(("crowded", "free"), [(True, 59), (False, 50)])
def test_shards_behind_pools_are_counted_and_no_place_twice_however_it_changed_meanwhile(
    books_on, crowded, free
):
    places = {WEB: Part(free=-20), APP: Part(free=70)}
    seen = Spread(limit=1_000, unallotted=0, impounded=0, places=places, crowded=crowded)
    books, _, _ = books_on(Scripted(seen), OPENED, *SHARDS)

    assert books.balance(DAILY, DAY).free == free


def test_a_budget_is_defined_once_and_by_nobody_else_meanwhile(books_on):
    books, calls, _ = books_on(Scripted(SPREAD))

    assert books.define(DAILY, DAY) is None
    [written] = calls.updates
    assert written["ConditionExpression"] == "attribute_not_exists(pk)"


def test_a_limit_that_others_keep_changing_is_given_up(books_on):
    taken = ConditionFailed(item=None)
    books, calls, _ = books_on(Scripted(SPREAD), defined(700), outcome=taken)

    with pytest.raises(LedgerContention, match="being changed by somebody else"):
        books.define(DAILY, DAY)
    assert len(calls.updates) == ATTEMPTS_MAX
    assert calls.updates[0]["ConditionExpression"] == "#limit = :was"


LOWER = Spread(limit=700, unallotted=700, impounded=0, places={})
"""A window whose limit was not moved when the definition was."""
LEFT_BEHIND = {**OPENED, "limit": number(700)}


def test_defining_again_moves_a_window_that_was_left_behind(books_on):
    script = Scripted(LOWER, shifts=True)
    books, calls, pauses = books_on(script, defined(1_000), LEFT_BEHIND)

    assert books.define(DAILY, DAY) == 1_000
    assert (script.shifted, script.placed, calls.updates, pauses) == (1, [], [], [])


def test_a_limit_that_cannot_be_shifted_is_placed_with_all_the_money(books_on):
    script = Scripted(LOWER, places=True)
    books, _, pauses = books_on(script, defined(1_000), LEFT_BEHIND)

    books.define(DAILY, DAY)

    wanted = Placement(limit=1_000, unallotted=1_000, impounded=0, free={})
    assert (script.placed, pauses) == ([(wanted, NOON)], [])


def test_a_limit_is_tried_again_while_others_are_in_the_way_and_then_given_up(books_on):
    done = Spread(limit=1_000, unallotted=1_000, impounded=0, places={})
    script = Scripted(None, LOWER, done)
    books, _, pauses = books_on(script, defined(1_000), LEFT_BEHIND)

    books.define(DAILY, DAY)

    assert (pauses, script.shifted) == ([0, 1], 1)
    script.spreads = [LOWER]
    with pytest.raises(LedgerContention, match="too many writers"):
        books.define(DAILY, DAY)
    assert pauses[2:] == list(range(ATTEMPTS_MAX))


def test_who_is_overtaken_by_another_operator_is_told(books_on):
    script = Scripted(LOWER)
    books, calls, pauses = books_on(script, defined(700), LEFT_BEHIND)

    with pytest.raises(LedgerContention, match="another operator set the limit"):
        books.define(DAILY, DAY)
    assert (len(calls.updates), pauses) == (1, [])


@pytest.mark.parametrize(
    ("more", "asked"),
    [({}, []), ({"limit": number(999)}, [PURSE]), ({"pools": number(1)}, [PURSE])],
)
def test_a_window_that_has_the_limit_already_is_not_looked_at_unless_pools_may_lack_it(
    books_on, more, asked
):
    """Of agent runs there may be thousands, and defining again changes none of them."""
    script = Scripted(replace(SPREAD, limit=1_000))
    looks, look = [], script.spread
    script.spread = lambda purse: (looks.append(purse), look(purse))[1]
    books, _, _ = books_on(script, defined(1_000), {**OPENED, **more})

    assert books.define(DAILY, DAY) == 1_000
    assert looks == asked
