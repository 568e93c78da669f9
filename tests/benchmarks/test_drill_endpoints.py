"""The drill of endpoints in small: it adds up, and what it may not find is not there."""

import pytest

from benchmarks.drill.endpoints import Week


@pytest.fixture(scope="module")
def figures():
    week = Week(5, count=8, days=2)
    week.live()
    return week.figures()


def test_no_call_is_lost_and_every_call_is_counted_once(figures):
    answered = figures["calls_by_the_endpoint"] + figures["calls_by_the_model_that_stands_in"]

    assert figures["calls_lost"] == 0
    assert answered == figures["calls"] > 500


def test_every_restore_is_verified(figures):
    assert figures["restores"] == figures["restores_verified"] > 10


def test_it_saves_gpu_hours_and_not_more_than_there_are(figures):
    assert 0.3 < figures["gpu_hours_saved"] / figures["gpu_hours"] < 1


def test_the_drill_would_see_a_lost_call(monkeypatch):
    week = Week(5, count=2, days=1)
    monkeypatch.setattr(week, "_told", lambda _name: {"state": "ASLEEP", "instead": None})
    week.live()

    assert week.figures()["calls_lost"] > 0
