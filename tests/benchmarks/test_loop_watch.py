"""The one judge of both sides: who was refused although the budget could have paid."""

import time

from benchmarks.budget.loop_watch import LoopWatch


def test_a_refusal_with_room_for_one_more_is_false() -> None:
    watch = LoopWatch(budget=100, callers=1)

    watch.admitted(watch.enter(), held=40)
    time.sleep(0.001)
    watch.refused(watch.enter(), needed=50)

    assert (watch.refusals, watch.false_refusals()) == (1, 1)


def test_a_refusal_without_room_is_not() -> None:
    watch = LoopWatch(budget=100, callers=1)

    watch.admitted(watch.enter(), held=60)
    time.sleep(0.001)
    watch.refused(watch.enter(), needed=50)

    assert (watch.refusals, watch.false_refusals()) == (1, 0)


def test_whoever_is_being_admitted_meanwhile_may_have_come_first() -> None:
    watch = LoopWatch(budget=100, callers=2)

    winner = watch.enter()
    loser = watch.enter()
    watch.refused(loser, needed=50)
    watch.admitted(winner, held=60)

    assert watch.false_refusals() == 0


def test_what_a_call_did_not_cost_is_room_again() -> None:
    watch = LoopWatch(budget=100, callers=1)

    watch.admitted(watch.enter(), held=90)
    watch.settled(held=90, cost=30)
    time.sleep(0.001)
    watch.refused(watch.enter(), needed=70)

    assert (watch.spent, watch.calls, watch.false_refusals()) == (30, 1, 1)


def test_it_is_quiet_only_after_everybody_was_refused_since_the_last_change() -> None:
    watch = LoopWatch(budget=100, callers=2)
    watch.admitted(watch.enter(), held=100)
    time.sleep(0.001)

    watch.refused(watch.enter(), needed=1)
    after_one = watch.is_quiet(0)
    watch.refused(watch.enter(), needed=1)

    assert (after_one, watch.is_quiet(0), watch.is_quiet(60)) == (False, True, False)
