"""Windows with more places than one transaction holds: which of them give first."""

from dataclasses import replace

import pytest

from cost_sentry.adapters.ledger_allotments import Allotments
from cost_sentry.adapters.ledger_calls import TRANSACTION_ITEMS_MAX, Conflict, TooLarge
from cost_sentry.domain.allotment import Part, Placement, Spread, gathered
from tests.fakes.builders import NOON

PURSE = "search-daily@2026-11-21"
PLACES_MAX = TRANSACTION_ITEMS_MAX - 1
"""Beside the window and a check of its limit."""


class Noted:
    """Takes no transaction of more than so many items; notes how those lie that it would take."""

    def __init__(self, items_max=TRANSACTION_ITEMS_MAX):
        self.items_max, self.taken = items_max, []

    def transact(self, actions):
        actions = list(actions)
        if len(actions) > self.items_max:
            return TooLarge()
        self.taken.append(actions)
        return Conflict()

    @property
    def emptied(self):
        """Places of the last transaction that was small enough, and what the window has then."""
        window, *moves = self.taken[-1]
        names = [move["Update"]["Key"]["pk"]["S"].removeprefix("ACCOUNT#") for move in moves]
        values = window["Update"]["ExpressionAttributeValues"]
        return int(values[":unallotted"]["N"]), sorted(names)


def spread(**free):
    parts = {f"search/{name}": Part(free=amount) for name, amount in free.items()}
    return Spread(limit=10_000, unallotted=7, impounded=0, places=parts)


def emptied(of):
    free = dict.fromkeys(of.places, 0)
    return Placement(limit=of.limit, unallotted=of.left, impounded=0, free=free)


@pytest.mark.parametrize(
    ("items_max", "unallotted", "places"),
    [(3, 77, ["search/b", "search/z"]), (2, 57, ["search/b"])],
    ids=["half of them", "one of them"],
)
def test_the_fullest_places_give_first_and_nobody_who_owes(items_max, unallotted, places):
    seen, calls = spread(a=5, b=50, c=-3, z=20), Noted(items_max)

    assert Allotments(calls).place(PURSE, seen, emptied(seen), NOON) is False
    assert calls.emptied == (unallotted, places)


def test_of_few_places_with_money_among_many_in_debt_only_those_give():
    owing = {f"d{n:03d}": -1 for n in range(PLACES_MAX)}
    seen, calls = spread(a=5, b=50, **owing), Noted()

    assert Allotments(calls).place(PURSE, seen, emptied(seen), NOON) is False
    assert calls.emptied == (62, ["search/a", "search/b"])


@pytest.mark.parametrize(("more", "at_once"), [(0, True), (1, False)])
def test_only_places_that_change_count_for_what_one_transaction_holds(more, at_once):
    changing = {f"p{n:03d}": 1 for n in range(PLACES_MAX + more)}
    seen, calls = spread(**changing, **{f"q{n}": 0 for n in range(5)}), Noted()

    Allotments(calls).place(PURSE, seen, emptied(seen), NOON)

    assert len(calls.taken[0]) == 1 + (PLACES_MAX if not at_once else len(changing))


def test_debts_are_laid_at_once_on_as_many_places_as_change():
    indebted = {f"search/p{n:03d}": Part(free=0, pending=9) for n in range(PLACES_MAX)}
    at_rest = {f"search/q{n}": Part(free=0) for n in range(5)}
    seen = replace(spread(), unallotted=-9_000, places={**indebted, **at_rest})
    calls = Noted()

    Allotments(calls).place(PURSE, seen, gathered(seen, seen.limit), NOON)

    assert len(calls.taken[0]) == 1 + PLACES_MAX
