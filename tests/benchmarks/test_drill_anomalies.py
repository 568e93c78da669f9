"""The drill of anomalies: its weeks are what the page says, and its judge can say no."""

import random
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from benchmarks.drill import anomalies
from benchmarks.drill.anomalies import (
    CLOCK_WEEK,
    QUIET_WEEKS,
    Caught,
    Found,
    figures_of,
    together,
)
from benchmarks.drill.anomaly_tables import TABLES, kept
from benchmarks.drill.clock_weeks import CHANGES, SUNDAY_AT_ONE
from benchmarks.drill.plants import PLANTED, STORM_MINUTES, Kind, Size, plant
from benchmarks.drill.run import PARTS
from benchmarks.drill.trace import Calls, trace
from benchmarks.drill.watch import LAG_SECONDS, raised
from benchmarks.drill.weeks import (
    APPLICATIONS,
    DAY,
    FIRST_MINUTE,
    KEPT,
    WEEK,
    Clocks,
    office,
    quiet_world,
)
from cost_sentry.domain.anomaly import minute_at, minute_number
from cost_sentry.domain.burn_rules import BurnRules
from tests.fakes.time_zones import changes

SHAPE = (
    "planted",
    "detected",
    "mean_minutes",
    "worst_minutes",
    "false_incidents_per_week",
    "dollars_before_action",
)


@pytest.fixture(scope="module")
def world():
    return quiet_world(901, 1)


def test_a_stream_of_calls_has_the_trace_s_means():
    whole, calls = trace(), Calls(random.Random(1))

    used = calls.take(200_000)

    count = len(whole.arrivals) - 1
    assert used.calls == pytest.approx(200_000, rel=0.02)
    assert used.context / used.calls == pytest.approx(whole.context[-1] / count, rel=0.03)
    assert used.generated / used.calls == pytest.approx(whole.generated[-1] / count, rel=0.03)


def test_taking_traffic_in_parts_loses_and_makes_no_calls():
    at_once, bit_by_bit = Calls(random.Random(2)), Calls(random.Random(2))

    parts = [bit_by_bit.take(7.25) for _ in range(400)]

    assert tuple(map(sum, zip(*parts, strict=True))) == tuple(at_once.take(2_900))


def test_weeks_begin_on_a_monday_and_have_their_rhythm(world):
    assert minute_at(FIRST_MINUTE).weekday() == 0
    [helpdesk] = [each for each in APPLICATIONS if each.name == "helpdesk"]
    calls = world.series[helpdesk, helpdesk.model].calls

    def mean(day, hour):
        begin = day * DAY + hour * 60
        return sum(calls[begin : begin + 60]) / 60

    assert mean(1, 10) > 5 * mean(1, 3)
    assert mean(1, 10) > 4 * mean(5, 10)
    assert office(5, 600, 0) < office(4, 600, 0)


def test_clocks_that_are_set_ahead_move_all_that_is_expected_to_an_hour_before():
    kept, moved = (quiet_world(3, 1, clocks=clocks) for clocks in (KEPT, Clocks(WEEK // 2, 60)))

    for application, expected in kept.traffic.items():
        until, after = WEEK // 2, moved.traffic[application]
        assert after[:until] == expected[:until]
        assert after[until:-60] == expected[until + 60 :]
        assert len(after) == len(expected)


@pytest.mark.parametrize(("change", "_ahead"), CHANGES)
def test_the_week_after_clocks_were_set_begins_when_berlin_sets_them(change, _ahead):
    [set_at] = [at for at in changes(ZoneInfo("Europe/Berlin"), 2026) if at.month == change.month]

    assert change == set_at
    assert minute_at(minute_number(change) - SUNDAY_AT_ONE).weekday() == 0


def test_every_scope_adds_up_to_its_applications(world):
    scopes = world.scopes()

    def total(kind):
        return sum(minutes.picodollars[-1] for scope, minutes in scopes.items() if scope[0] == kind)

    assert total("team") == total("application") == total("model") > 0


def test_the_same_seed_makes_the_same_weeks():
    one, other = quiet_world(5, 1), quiet_world(5, 1)

    assert plant(one, 0, 5) == plant(other, 0, 5)
    assert one.scopes() == other.scopes()
    assert one.scopes() != quiet_world(6, 1).scopes()


@pytest.mark.parametrize("seed", range(3))
def test_twenty_anomalies_of_every_kind_and_size_are_planted_apart_from_each_other(seed):
    world, calm = quiet_world(seed, 1), quiet_world(seed, 1)

    plants = plant(world, 0, seed)

    assert len(plants) == PLANTED
    assert {p.kind for p in plants} == {*Kind}
    assert {p.size for p in plants} == {*Size}
    ordered = sorted(plants, key=lambda p: p.begins)
    assert all(later.begins - earlier.ends > 45 for earlier, later in pairwise(ordered))
    extra = sum(sum(p.extra_picodollars) for p in plants)
    spent = [sum(s.picodollars[-1] for s in w.scopes().values()) for w in (world, calm)]
    assert spent[0] - spent[1] == 3 * extra


def test_what_was_spent_until_a_moment_grows_to_the_whole(world):
    [first, *_] = plant(quiet_world(7, 1), 0, 7)

    amounts = [first.spent(first.begins + minutes) for minutes in range(STORM_MINUTES * 6)]

    assert amounts == sorted(amounts)
    assert amounts[-1] == sum(first.extra_picodollars)


def caught(**changes):
    [planted, *_] = plant(quiet_world(7, 1), 0, 7)
    return Caught(plant=planted, raised_at=changes.get("raised_at", planted.begins + 1.5))


def test_what_was_never_raised_is_not_detected_and_costs_all_that_it_cost():
    hit, missed = caught(), caught(raised_at=None)

    figures = figures_of(Found(caught=[hit, missed], false_by_week=[1, 0], false_beside=2))

    assert (figures["planted"], figures["detected"]) == (2, 1)
    assert figures["mean_minutes"] == figures["worst_minutes"] == 1.5
    assert figures["false_incidents_per_week"] == 0.5
    assert missed.dollars > hit.dollars
    assert {*SHAPE} <= {*figures}


def test_quiet_weeks_of_several_seeds_are_counted_side_by_side():
    each = [Found(caught=[caught()], false_by_week=[n, 0], false_beside=0) for n in (1, 3)]

    figures = figures_of(together(each))

    assert figures["planted"] == 2
    assert figures["false_incidents_per_week"] == 1


def test_an_incident_is_raised_after_the_lag_and_never_before_its_minute_ends(world):
    stormy = quiet_world(901, 1)
    for series in stormy.series.values():
        for minute in range(6 * DAY, 6 * DAY + 30):
            for column in (series.calls, series.picodollars, series.context, series.generated):
                column[minute] *= 40
    scopes = {scope: m for scope, m in stormy.scopes().items() if scope == ("team", "support")}

    incidents = [*raised(scopes, WEEK, BurnRules(), learn_until=6 * DAY)]

    assert incidents
    for at, _, anomaly in incidents:
        end = (anomaly.now - minute_at(FIRST_MINUTE)).total_seconds() / 60
        assert at == pytest.approx(end + LAG_SECONDS / 60)
        assert at > 6 * DAY


def test_what_the_page_tells_reaches_the_figures():
    results = kept()
    found, unseen = results["figures"], results["unseen"]

    assert PARTS["anomalies"] is anomalies.measured
    assert (found["planted"], found["detected"]) == (PLANTED, PLANTED)
    assert found["above_3x"]["mean_minutes"] <= 2
    assert found["false_incidents_per_week"] <= 1
    assert found[CLOCK_WEEK] <= 1
    assert unseen["planted"] == PLANTED * len(anomalies.UNSEEN_SEEDS)
    assert QUIET_WEEKS >= 2
    assert all(make() for make in TABLES.values())
