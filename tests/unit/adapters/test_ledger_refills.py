"""Where a shard's money comes from, and what is proven before it is refused."""

from dataclasses import replace

import pytest

from cost_sentry.adapters import ledger_refills
from cost_sentry.adapters.ledger_calls import Conflict
from cost_sentry.adapters.ledger_moves import move_in_shard, take_from_window
from cost_sentry.domain.allotment import gathered
from tests.fakes.builders import NOON, budget
from tests.fakes.refill_kit import (
    HELD,
    LIMIT,
    OTHER,
    PLACE,
    PURSE,
    Kit,
    brought,
    from_window,
    places,
    seen,
    short,
    want,
    window,
)


@pytest.mark.parametrize(
    ("unallotted", "free", "amount"), [(64_000, 0, 3_200), (10_000, 0, 625), (70, 30, 70)]
)
def test_a_window_refills_a_shard_that_it_serves(unallotted, free, amount):
    kit = Kit(window=window(unallotted))

    assert kit.supplied(want(free)) == (HELD, [from_window(amount, unallotted - amount)])
    assert kit.pauses == []


@pytest.mark.parametrize(
    "found", [window(99), window(impounded=1), None], ids=["too little", "impounded", "not open"]
)
def test_a_refusal_is_proven_at_one_instant(found):
    kit = Kit(window=found, spread=places(99))

    assert kit.supplied(want()) == (short(99), [])
    assert kit.allotments.looks == ["window", "spread"]


def test_a_shards_own_money_counts_once():
    assert Kit(window=window(0), spread=places(60, web=30)).supplied(want(30))[0] == short(90)
    assert Kit(window=window(0), spread=places(60)).supplied(want(30))[0] == short(90)


def test_a_proof_for_a_window_that_is_not_crowded_is_made_for_each_call():
    kit = Kit(window=window(0), spread=places(99))
    kit.supplied(want())
    kit.supplied(want())

    assert kit.allotments.looks == ["window", "spread"] * 2


@pytest.mark.parametrize(
    "spread",
    [places(50, app=50), places(100, app=-1, api=1), places(100, impounded=1)],
    ids=["it lies elsewhere", "somebody owes", "a debt is covered twice"],
)
def test_money_is_gathered_before_it_is_taken(spread):
    kit = Kit(window=None, spread=spread)

    assert kit.given_up(want()) == []
    assert set(map(str, kit.allotments.placed)) == {str(gathered(spread, LIMIT))}
    assert len(kit.allotments.placed) == ledger_refills.ATTEMPTS_MAX
    assert kit.pauses == list(range(ledger_refills.ATTEMPTS_MAX))


def test_what_was_proven_to_be_there_is_taken_at_once():
    kit = Kit(window=None, spread=places(64_000, web=30, app=7))

    assert kit.supplied(want(free=99)) == (HELD, [from_window(3_200, 64_007 - 3_200)])


def test_a_shard_that_got_its_money_meanwhile_needs_no_more():
    assert Kit(window=None, spread=places(0, web=100)).supplied(want()) == (None, [])


def test_a_shard_that_owes_itself_is_refilled_all_the_same():
    kit = Kit(window=None, spread=places(64_000, web=-10))

    assert kit.supplied(want())[1] == [from_window(3_200, 60_800)]


def test_what_will_be_scarce_comes_along_at_the_first_try_only():
    kit = Kit(window=window(16_000), outcome=Conflict())
    scarce = want(of=budget("other"))

    tries = kit.given_up(want(), scarce=[scarce])

    assert [len(actions) for actions in tries[:3]] == [3, 2, 2]
    values = tries[0][2]["Update"]["ExpressionAttributeNames"].values()
    assert {PURSE, OTHER} <= set(values)


def test_what_will_be_scarce_and_is_not_there_is_no_reason_to_refuse():
    kit = Kit(window=window(100))

    answer, [actions] = kit.supplied(want(), scarce=[want(amount=101, of=budget("other"))])

    assert (answer, len(actions)) == (HELD, 2)


@pytest.mark.parametrize(("amount", "filled"), [(100, True), (99, False)])
def test_a_busy_shard_is_filled_early_if_there_is_plenty(amount, filled):
    """A sixteenth of what is unallotted, and half a call's worth or more."""
    kit = Kit(window=window(16 * amount // 2))

    assert kit.refills.top_up([want(is_early=True)]) is filled
    take = take_from_window(PURSE, 50, LIMIT, PLACE)
    receive = move_in_shard(PLACE, {PURSE: 50}, NOON, seen={PURSE: seen(750)}, is_open=True)
    assert kit.calls.transactions == ([(take, receive)] if filled else [])


def test_a_busy_shard_is_filled_with_all_that_it_will_need_or_nothing():
    kit = Kit(window=None)

    assert kit.refills.top_up([want(is_early=True)]) is False
    assert Kit(window=window(), outcome=Conflict()).refills.top_up([want()]) is False


PLENTY = 16 * 3_200


@pytest.mark.parametrize("minutes", [0, -5, 5])
def test_a_shard_that_saw_plenty_is_refilled_without_a_look_and_tells_no_newer_news(minutes):
    told = seen(PLENTY, at=-60 * minutes)
    kit = Kit(window=None)

    answer, [actions] = kit.supplied(want(free=30, seen=told))

    assert (answer, kit.allotments.looks) == (HELD, [])
    assert actions == (
        take_from_window(PURSE, 3_200, LIMIT, PLACE),
        brought(3_200, replace(told, elsewhere=PLENTY - 3_200)),
    )


def test_a_call_that_owes_much_gets_all_of_it_unseen():
    _, [actions] = Kit(window=None).supplied(want(free=-3_500, seen=seen(PLENTY)))

    assert actions[0] == take_from_window(PURSE, 3_600, LIMIT, PLACE)


@pytest.mark.parametrize(
    "told",
    [None, seen(PLENTY - 1), seen(PLENTY, at=-301), seen(PLENTY, at=301)],
    ids=["never", "not plenty", "long ago", "by a clock that is far ahead"],
)
def test_a_shard_that_knows_of_no_plenty_looks_first(told):
    kit = Kit(window=window(64_000))

    assert kit.supplied(want(seen=told)) == (HELD, [from_window(3_200, 60_800)])
    assert kit.allotments.looks == ["window"]


def test_what_is_not_there_any_more_is_looked_for():
    """The first try fails, and moves nothing; what the next one finds is an answer."""
    kit = Kit(window=window(0), spread=places(99), outcome=Conflict())

    assert kit.supplied(want(seen=seen(PLENTY)))[0] == short(99)
    assert (kit.pauses, kit.allotments.looks) == ([0], ["window", "spread"])
