"""The drill of restraints: what it reports is what happened, and one that lets go would show."""

import json

import pytest

from benchmarks.drill import restraints
from benchmarks.drill.restraints import KEPT, RULES, TABLES, row_of, watched
from benchmarks.drill.run import PARTS
from cost_sentry.application.respond_to_anomaly import Responded, Response, respond_to_anomaly
from tests.fakes import watched_night

TIGHTEN = RULES["`tighten`, 200 %, 60 minutes"]


@pytest.fixture(autouse=True)
def two_hours(monkeypatch):
    monkeypatch.setattr(restraints, "MINUTES", 120)


def test_a_runaway_is_held_for_as_long_as_it_lasts():
    night = watched(TIGHTEN, 20, seed=3)

    assert night.free_minutes <= 2
    assert (night.incidents, night.said_over) == (1, 0)


def test_a_desk_that_hears_of_it_only_once_would_show(monkeypatch):
    heard = []

    def once(sighting, parts):
        heard.append(sighting)
        if len(heard) == 1:
            return respond_to_anomaly(sighting, parts)
        return Responded(response=Response.NONE, incident=None)

    monkeypatch.setattr(watched_night, "respond_to_anomaly", once)

    assert watched(TIGHTEN, 20, seed=3).free_minutes > 30


def test_the_worst_night_is_told():
    nights = [
        restraints.Watched(free_minutes=free, incidents=1, mails=2, said_over=free)
        for free in (1, 5, 3)
    ]

    assert row_of(nights) == {
        "nights": 3,
        "free_minutes_worst": 5,
        "incidents_worst": 1,
        "mails_worst": 2,
        "said_over": 9,
    }


def test_the_page_tells_every_rule_that_was_measured():
    kept = json.loads(KEPT.read_text())

    assert set(kept) == set(RULES)
    assert TABLES["drill-restraints"]().count("\n") == len(RULES) + 1
    assert PARTS["restraints"] is restraints.measured
