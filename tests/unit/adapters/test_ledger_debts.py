"""Which debts are laid anew, how often it is tried, and what is told of it."""

from dataclasses import replace

import pytest

from cost_sentry.adapters.ledger_debts import (
    ATTEMPTS_MAX,
    WINDOWS_MAX,
    cover,
    cover_all,
    purses_in_debt,
)
from cost_sentry.adapters.ledger_items import ShardState
from cost_sentry.domain.allotment import Part, Spread, gathered
from tests.fakes.builders import NOON

PURSE = "search-daily@2026-11-21"


class Scripted:
    """Allotments that show these windows, one a look and the last for ever, and move nothing."""

    def __init__(self, *spreads, moved=False):
        self._spreads, self._moved = list(spreads), moved
        self.looked, self.placed = [], []

    def spread(self, purse):
        self.looked.append(purse)
        return self._spreads.pop(0) if len(self._spreads) > 1 else self._spreads[0]

    def place(self, purse, spread, placement, now):
        self.placed.append(placement)
        return self._moved


def window(unallotted, *free, impounded=0, pending=0):
    places = {f"search/app{n}": Part(free=f, pending=pending) for n, f in enumerate(free)}
    return Spread(limit=100, unallotted=unallotted, impounded=impounded, places=places)


ASTRAY = window(50, -20)
"""The window has money that the shard owes."""
SOUND = window(30, 0)
LAID = window(0, -20, pending=20)
"""The shard's own calls will pay."""


def covered(*spreads, moved=False):
    allotments, pauses = Scripted(*spreads, moved=moved), []
    done = cover(allotments, PURSE, NOON, pauses.append)
    return done, pauses, allotments.placed


def test_a_debt_that_lies_wrong_is_laid_where_it_will_be_paid():
    assert covered(ASTRAY, moved=True) == (True, [], [gathered(ASTRAY, 100)])


@pytest.mark.parametrize(
    "window",
    [SOUND, LAID, window(0, 5), window(10, 5, 0)],
    ids=["nobody owes", "laid already", "money in a shard", "money here and there"],
)
def test_a_window_without_a_debt_that_lies_wrong_is_left_in_peace(window):
    assert covered(window) == (None, [], [])


@pytest.mark.parametrize("change", [{"unallotted": 1}, {"impounded": 1}])
def test_a_debt_counts_as_laid_only_if_all_of_it_lies_as_it_should(change):
    done, _, placed = covered(replace(LAID, **change), moved=True)

    assert (done, len(placed)) == (True, 1)


def test_a_debt_that_somebody_else_laid_meanwhile_is_told_as_done():
    assert covered(None, LAID) == (True, [0], [])


def test_others_in_the_way_are_waited_for_a_few_times_and_then_the_debt_stays():
    done, pauses, placed = covered(ASTRAY)

    assert (done, pauses) == (False, list(range(ATTEMPTS_MAX)))
    assert len(placed) == ATTEMPTS_MAX


def test_only_running_windows_in_which_a_shard_owes_are_in_debt():
    ended, sound = "search-daily@2026-11-19", "other@2026-11-21"
    odd, odd_ended = "odd@name@2026-11-21", "odd@name@2026-11-19"
    shards = [
        ShardState(place="search/web", free={PURSE: -1, ended: -1, odd_ended: -1, sound: 0}),
        ShardState(place="search/app", free={PURSE: -2, sound: 1, odd: -1}),
    ]

    assert purses_in_debt(shards, NOON) == {PURSE, odd}


def test_a_run_lays_a_bounded_number_of_debts_and_counts_those_that_it_laid():
    purses = {f"budget{n:02d}@2026-11-21" for n in range(WINDOWS_MAX + 2)}

    for allotments, counted in (
        (Scripted(ASTRAY, moved=True), WINDOWS_MAX),
        (Scripted(LAID), 0),
        (Scripted(None), 0),
    ):
        assert cover_all(allotments, purses, NOON, lambda _attempt: None) == counted
        assert sorted({*allotments.looked}) == sorted(purses)[:WINDOWS_MAX]
