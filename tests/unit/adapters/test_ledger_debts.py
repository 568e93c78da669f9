"""Which debts are laid anew, how often it is tried, and what is told of it."""

from dataclasses import replace

import pytest

from cost_sentry.adapters.ledger_allotments import OWING_MAX
from cost_sentry.adapters.ledger_calls import Conflict, Written
from cost_sentry.adapters.ledger_debts import (
    ATTEMPTS_MAX,
    PAYMENTS_MAX,
    WINDOWS_MAX,
    DebtCover,
    debts_of,
)
from cost_sentry.adapters.ledger_items import ShardState
from cost_sentry.adapters.ledger_windows import WindowState
from cost_sentry.domain.allotment import Part, Spread, gathered
from tests.fakes.builders import NOON

PURSE = "search-daily@2026-11-21"


class Scripted:
    """Allotments that show these windows, one a look and the last for ever, and move nothing."""

    def __init__(self, *spreads, moved=False, pools=0):
        self._spreads, self._moved, self._pools = list(spreads), moved, pools
        self.looked, self.owing, self.placed, self.glances = [], [], [], 0

    def window(self, purse):
        self.looked.append(purse)
        places = tuple(f"search/app{n}" for n in range(3))
        return WindowState(limit=100, unallotted=0, impounded=0, places=places, pools=self._pools)

    def _next(self):
        return self._spreads.pop(0) if len(self._spreads) > 1 else self._spreads[0]

    def glance(self, purse, window):
        self.glances += 1
        return self._next()

    def spread(self, purse, owing):
        self.owing.append(list(owing))
        return self._next()

    def place(self, purse, spread, placement, now):
        self.placed.append(placement)
        return self._moved


class Table:
    """Answers each transaction so, and keeps them."""

    def __init__(self, answer):
        self._answer, self.transacted = answer, []

    def transact(self, actions):
        self.transacted.append(actions)
        return self._answer


def window(unallotted, *free, impounded=0, pending=0):
    places = {f"search/app{n}": Part(free=f, pending=pending) for n, f in enumerate(free)}
    return Spread(limit=100, unallotted=unallotted, impounded=impounded, places=places)


ASTRAY = window(50, -20)
"""The window has money that the shard owes."""
SOUND = window(30, 0)
LAID = window(0, -20, pending=20)
"""The shard's own calls will pay."""


OWED = {"search/app0": 20}


def covered(*spreads, moved=False):
    allotments, pauses = Scripted(*spreads, moved=moved), []
    done = DebtCover(None, allotments, pauses.append).cover(PURSE, OWED, NOON)
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
        ShardState(place="search/app", free={PURSE: -2, sound: 1, odd: -3}),
    ]

    assert debts_of(shards, NOON) == {
        PURSE: {"search/web": 1, "search/app": 2},
        odd: {"search/app": 3},
    }


def test_a_run_lays_a_bounded_number_of_debts_and_counts_those_that_it_laid():
    debts = {f"budget{n:02d}@2026-11-21": OWED for n in range(WINDOWS_MAX + 2)}

    for allotments, counted in (
        (Scripted(ASTRAY, moved=True), WINDOWS_MAX),
        (Scripted(LAID), 0),
        (Scripted(None), 0),
    ):
        cover = DebtCover(None, allotments, lambda _attempt: None)
        assert cover.cover_all(debts, NOON) == counted
        assert sorted({*allotments.looked}) == sorted(debts)[:WINDOWS_MAX]


BEHIND = {"search/behind": 20}
"""No place of the window: it lies behind a pool."""


def crowd(unallotted, impounded=0, **free):
    """What is seen of a crowded window; a pool's name has a colon in place of its underscore."""
    names = {name.replace("_", ":"): amount for name, amount in free.items()}
    places = {
        name if ":" in name else f"search/{name}": Part(free=amount, is_pool=":" in name)
        for name, amount in names.items()
    }
    return Spread(
        limit=100, unallotted=unallotted, impounded=impounded, places=places, crowded=True
    )


def paid(*spreads, answer=None, owed=BEHIND, moved=True):
    """What covering does, and the amounts of the transactions that it tried, by sort key."""
    table = Table(answer or Written(attributes={}))
    allotments, pauses = Scripted(*spreads, moved=moved, pools=2), []
    done = DebtCover(table, allotments, pauses.append).cover(PURSE, owed, NOON)
    return done, allotments, [[*map(_amount, actions)] for actions in table.transacted], pauses


def _amount(action):
    values = action["Update"]["ExpressionAttributeValues"]
    key = action["Update"]["Key"]["pk"]["S"]
    return key, int(values.get(":amount", values.get(":m0"))["N"])


@pytest.mark.parametrize(
    ("seen", "amounts"),
    [
        (crowd(50), [20]),
        (crowd(5, pool_0=15, pool_1=2), [15, 5]),
        (crowd(0, pool_0=20, app0=0), [20]),
        (crowd(0, pool_0=0, app0=25), [-20]),
        (crowd(500, impounded=10, pool_0=3, pool_1=17), [17, 3]),
    ],
    ids=["the window", "a pool and the window", "a pool", "another shard", "not what is impounded"],
)
def test_a_debt_behind_a_pool_is_paid_at_once_out_of_the_fullest_places(seen, amounts):
    done, allotments, [actions], pauses = paid(seen)

    assert (done, pauses, allotments.placed) == (True, [], [])
    assert [amount for _, amount in actions] == [*amounts, 20]


def test_what_pays_goes_to_the_shard_that_owes_and_only_if_it_still_does():
    table = Table(Written(attributes={}))
    DebtCover(table, Scripted(crowd(50), pools=2), None).cover(PURSE, BEHIND, NOON)

    update = table.transacted[0][-1]["Update"]
    assert "search/behind" in str(update["Key"])
    assert "#free.#b0 <= :then0" in update["ConditionExpression"]
    assert update["ExpressionAttributeValues"][":then0"] == {"N": "-20"}


def test_what_pays_is_taken_only_where_it_still_is_and_counts_no_shard_as_new():
    table = Table(Written(attributes={}))
    seen = crowd(0, pool_0=8, app0=12)
    DebtCover(table, Scripted(seen, pools=2), None).cover(PURSE, BEHIND, NOON)

    shard, pool, _ = (action["Update"] for action in table.transacted[0])
    assert "#free.#b0 >= :then0" in shard["ConditionExpression"]
    assert pool["ConditionExpression"] == "unallotted >= :amount"
    assert pool["UpdateExpression"] == "SET unallotted = unallotted - :amount"


@pytest.mark.parametrize(
    "seen", [crowd(4, pool_0=15), crowd(500, impounded=10, pool_0=19)], ids=["scarce", "impounded"]
)
def test_a_debt_that_a_few_places_cannot_pay_is_gathered_with_all_of_them(seen):
    done, allotments, transacted, _ = paid(seen, ASTRAY)

    assert (done, transacted, allotments.owing) == (True, [], [["search/behind"]])


def test_a_payment_that_others_are_in_the_way_of_is_tried_a_few_times_and_then_gathered():
    done, allotments, transacted, pauses = paid(crowd(50), answer=Conflict(), moved=False)

    assert (len(transacted), allotments.glances) == (PAYMENTS_MAX, PAYMENTS_MAX)
    assert pauses == list(range(PAYMENTS_MAX))
    assert (done, allotments.owing) == (None, [["search/behind"]]), "nobody owed any more"


def test_shards_that_owe_are_looked_at_as_many_at_once_as_one_instant_has_room_for():
    owed = {f"search/behind{n}": 20 for n in range(OWING_MAX + 1)}
    _, allotments, _, _ = paid(crowd(0), owed=owed)

    assert allotments.owing == [sorted(owed)[:OWING_MAX], sorted(owed)[OWING_MAX:]]


def test_debts_that_the_window_sees_itself_are_gathered_beside_those_that_were_paid():
    seen = crowd(50)
    done, allotments, transacted, _ = paid(seen, owed=BEHIND | OWED)

    assert (done, len(transacted), allotments.owing) == (True, 1, [[]])


def test_a_window_that_cannot_be_opened_keeps_its_debt_for_the_next_run():
    class Closed(Scripted):
        def window(self, purse):
            return None

    assert DebtCover(None, Closed(), None).cover(PURSE, BEHIND, NOON) is False
