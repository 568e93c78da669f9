"""Which debts are laid anew, how often it is tried, and what is told of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.adapters.ledger_allotments import OWING_MAX
from cost_sentry.adapters.ledger_calls import Conflict
from cost_sentry.adapters.ledger_debts import (
    ATTEMPTS_MAX,
    PAYMENTS_MAX,
    WINDOWS_MAX,
    DebtCover,
    debts_of,
)
from cost_sentry.adapters.ledger_items import ShardState
from cost_sentry.domain.allotment import Part, Spread, gathered
from cost_sentry.domain.reservation import EXPIRY_EVERY_MINUTES
from tests.fakes.builders import NOON
from tests.fakes.debt_kit import DEBTS, OWING, PURSE, WRITTEN, Scripted, Table


def window(unallotted, *free, impounded=0, pending=0):
    places = {f"search/app{n}": Part(free=f, pending=pending) for n, f in enumerate(free)}
    return Spread(limit=100, unallotted=unallotted, impounded=impounded, places=places)


ASTRAY = window(50, -20)
"""The window has money that the shard owes."""
SOUND = window(30, 0)
LAID = window(0, -20, pending=20)
"""The shard's own calls will pay."""


def covered(*spreads, moved=False):
    """What a look at all places does: nobody has anything with which the debt can be paid."""
    allotments, pauses = Scripted(*spreads, moved=moved, glance=crowd(0)), []
    done = DebtCover(Table(owed=[20]), allotments, pauses.append).cover(PURSE, OWING, NOON)
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
        PURSE: {"search/web", "search/app"},
        odd: {"search/app"},
    }


def looked_at(debts, at, allotments=None):
    """The windows that a run looks at, and what it counts."""
    allotments = allotments or Scripted(LAID, glance=crowd(0))
    cover = DebtCover(Table(owed=[20]), allotments, lambda _attempt: None)
    counted = cover.cover_all(debts, at)
    return {*allotments.looked}, counted


def test_a_run_lays_a_bounded_number_of_debts_and_counts_those_that_it_laid():
    for allotments, counted in (
        (Scripted(ASTRAY, moved=True, glance=crowd(0)), WINDOWS_MAX),
        (Scripted(LAID, glance=crowd(0)), 0),
        (Scripted(None, glance=crowd(0)), 0),
    ):
        looked, done = looked_at(DEBTS, NOON, allotments)
        assert (len(looked), done) == (WINDOWS_MAX, counted)


def test_whose_turn_it_is_does_not_depend_on_the_order_in_which_debts_were_found():
    backwards = dict(reversed(DEBTS.items()))

    assert looked_at(backwards, NOON) == looked_at(DEBTS, NOON)


def test_debts_that_stay_where_they_lie_keep_no_other_from_its_turn():
    runs = [NOON + n * timedelta(minutes=EXPIRY_EVERY_MINUTES) for n in range(2)]

    assert set.union(*(looked_at(DEBTS, at)[0] for at in runs)) == {*DEBTS}


BEHIND = ["search/behind"]
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


def paid(*spreads, table=None, owing=BEHIND, moved=True):
    """What covering does, and the amounts of the transactions that it tried, by item."""
    table = table or Table()
    allotments, pauses = Scripted(*spreads, moved=moved, pools=2), []
    done = DebtCover(table, allotments, pauses.append).cover(PURSE, owing, NOON)
    return done, allotments, [[*map(_amount, actions)] for actions in table.transacted], pauses


def _amount(action):
    values = action["Update"]["ExpressionAttributeValues"]
    return int(values.get(":amount", values.get(":m0"))["N"])


@pytest.mark.parametrize("owing", [BEHIND, OWING], ids=["behind a pool", "the window's own"])
@pytest.mark.parametrize(
    ("seen", "amounts"),
    [
        (crowd(50), [20]),
        (crowd(5, pool_0=15, pool_1=2), [15, 5]),
        (crowd(0, pool_0=20, app1=0), [20]),
        (crowd(0, pool_0=0, app1=25), [-20]),
        (crowd(500, impounded=10, pool_0=3, pool_1=17), [17, 3]),
    ],
    ids=["the window", "a pool and the window", "a pool", "another shard", "not what is impounded"],
)
def test_a_debt_is_paid_at_once_out_of_the_fullest_places(seen, amounts, owing):
    done, allotments, actions, pauses = paid(seen, owing=owing)

    assert (done, pauses, allotments.placed) == (True, [], [])
    assert actions == [[*amounts, 20]]


def test_a_debt_of_one_picodollar_is_a_debt():
    assert paid(crowd(50), table=Table(owed=[1, 0]))[2] == [[1, 1]]


def test_a_shard_that_was_filled_meanwhile_does_not_pay_itself():
    table = Table()
    done, _, actions, _ = paid(crowd(0, app0=25, app1=20), table=table, owing=OWING)

    assert (done, actions) == (True, [[-20, 20]])
    assert "search/app1" in str(table.transacted[0][0]["Update"]["Key"])


def test_what_pays_goes_to_the_shard_that_owes_and_only_if_it_still_does():
    table = Table()
    DebtCover(table, Scripted(crowd(50), pools=2), None).cover(PURSE, BEHIND, NOON)

    update = table.transacted[0][-1]["Update"]
    assert "search/behind" in str(update["Key"])
    assert "#free.#b0 < :zero" in update["ConditionExpression"]


def test_what_pays_is_taken_only_where_it_still_is_and_counts_no_shard_as_new():
    table = Table()
    seen = crowd(6, pool_0=8, app1=12)
    DebtCover(table, Scripted(seen, pools=2), None).cover(PURSE, BEHIND, NOON)

    shard, pool, _ = (action["Update"] for action in table.transacted[0])
    assert "#free.#b0 >= :has0" in shard["ConditionExpression"]
    assert pool["ConditionExpression"] == "unallotted >= :amount"
    assert pool["UpdateExpression"] == "SET unallotted = unallotted - :amount"


def test_a_shard_that_owes_does_not_become_a_place_of_the_window():
    table = Table()
    DebtCover(table, Scripted(crowd(50)), None).cover(PURSE, BEHIND, NOON)

    window = table.transacted[0][0]["Update"]
    assert window["UpdateExpression"] == "SET unallotted = unallotted - :amount"
    assert "places" not in window["ConditionExpression"]


def test_what_a_shard_owes_is_looked_at_before_each_payment():
    table = Table(Conflict(), WRITTEN, owed=[20, 15])
    done, allotments, actions, pauses = paid(crowd(50), table=table)

    assert (done, actions, pauses) == (True, [[20, 20], [15, 15]], [0])
    assert paid(crowd(50), table=Table(Conflict(), owed=[20, 0]))[0] is True
    assert paid(crowd(50), table=Table(owed=[0]))[0] is None
    assert paid(crowd(50), table=Table(owed=[None]))[0] is None
    assert allotments.owing == []


def test_what_few_places_do_not_have_is_paid_out_of_others_after_them():
    some = {f"app{n}": 2 for n in range(1, 10)}
    table = Table(owed=[20, 4, 0])
    done, allotments, actions, pauses = paid(crowd(0, **some), crowd(4), table=table)

    assert (done, allotments.owing, pauses) == (True, [], [])
    assert actions == [[-2] * 8 + [16], [4, 4]]


def test_a_debt_that_nobody_has_the_money_for_is_gathered_with_all_places():
    done, allotments, actions, _ = paid(crowd(0, impounded=9), ASTRAY, table=Table(owed=[20]))

    assert (done, actions, allotments.owing) == (True, [], [["search/behind"]])


def test_a_payment_that_others_are_in_the_way_of_is_tried_a_few_times_and_then_gathered():
    table = Table(Conflict(), owed=[20])
    done, allotments, actions, pauses = paid(crowd(50), table=table, moved=False)

    assert (len(actions), allotments.glances) == (PAYMENTS_MAX, PAYMENTS_MAX)
    assert pauses == list(range(PAYMENTS_MAX))
    assert (done, allotments.owing) == (None, [["search/behind"]]), "nobody owed any more"


def test_shards_that_owe_are_looked_at_as_many_at_once_as_one_instant_has_room_for():
    owing = [f"search/behind{n}" for n in range(OWING_MAX + 1)]
    _, allotments, _, _ = paid(crowd(0), owing=owing, table=Table(owed=[20]))

    assert allotments.owing == [owing[:OWING_MAX], owing[OWING_MAX:]]


def test_a_window_that_cannot_be_opened_keeps_its_debt_for_the_next_run():
    class Closed(Scripted):
        def window(self, purse):
            return None

        def spread(self, purse, owing):
            return None

    pauses = []
    assert DebtCover(Table(owed=[20]), Closed(), pauses.append).cover(PURSE, OWING, NOON) is False
