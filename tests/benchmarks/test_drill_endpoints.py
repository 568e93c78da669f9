"""The drill of endpoints in small: it adds up, and what it may not find is not there."""

import pytest

from benchmarks.drill.endpoints import ALONE, WAITS, Week


@pytest.fixture(scope="module")
def figures():
    week = Week(5, count=8, days=2)
    week.live()
    return week.figures()


def test_no_call_is_lost_and_every_call_is_counted_once(figures):
    answered = figures["calls_by_the_endpoint"] + figures["calls_by_the_model_that_stands_in"]

    refused = (
        figures["calls_refused_for_their_wake_was_not_paid"]
        + figures["calls_refused_for_the_stand_in_was_not_paid"]
    )

    assert figures["calls_lost"] == 0
    assert answered + refused == figures["calls"] > 500


def test_every_restore_is_verified(figures):
    assert figures["restores"] == figures["restores_verified"] > 10


def test_it_saves_gpu_hours_and_not_more_than_there_are(figures):
    assert 0.3 < figures["gpu_hours_saved"] / figures["gpu_hours"] < 1


def lived(week):
    week.live()
    return week.figures()


def test_the_drill_sees_calls_that_are_lost_because_wakes_take_too_long():
    week = Week(5, count=8, days=1)
    week.world.sagemaker.seconds = lambda _name, verb: 60 if verb == "sleep" else 1_800

    assert lived(week)["calls_lost"] > 0


def test_the_drill_sees_calls_that_are_lost_because_wakes_fail_for_good():
    week = Week(5, count=8, days=1)
    week.world.sagemaker.fails = lambda _name: True

    assert lived(week)["calls_lost"] > 0


def test_the_drill_sees_calls_that_are_refused_because_no_budget_pays_for_their_wake():
    week = Week(5, count=8, days=1)
    week.world.set_limit(1)

    found = lived(week)

    assert found["calls_refused_for_their_wake_was_not_paid"] > 0
    assert found["wakes_refused_by_budget"] > 0
    assert found["calls_lost"] == 0


def test_the_drill_sees_calls_that_are_refused_because_the_stand_in_is_not_paid(monkeypatch):
    monkeypatch.setattr("benchmarks.drill.endpoint_stand_in.USD_A_DAY", "0.004")
    week = Week(5, count=8, days=1)

    assert lived(week)["calls_refused_for_the_stand_in_was_not_paid"] > 0


def test_some_endpoints_have_no_model_that_stands_in_and_their_callers_wait(figures):
    week = Week(5, count=8, days=1)
    alone = {name for name, one in week.world.sagemaker.real.items() if one.tags["use"] == ALONE}

    waits = {call.patience for call in week.calls if call.endpoint in alone}

    assert (len(alone), waits) == (3, {WAITS})
    assert figures["waited_seconds_max"] > 300
