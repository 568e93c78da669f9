"""Runs of the detector: what is raised, once, whatever fails between."""

from datetime import timedelta

import pytest

from cost_sentry.application.burn_pace import pace_of
from cost_sentry.application.detect_anomalies import FAILURES_MAX, SEEN_AFTER, AnomalyDetector
from cost_sentry.domain.anomaly import Severity, Signal, minute_at
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.burn_minutes import Use
from cost_sentry.domain.burn_rules import BurnRules
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.window import WindowKind
from tests.fakes.admissions import FixedConfig
from tests.fakes.anomalies import BurnMeters, MemoryDetectorStates, MemoryEvents
from tests.fakes.builders import ManualClock, budget
from tests.fakes.burn_series import MONDAY, SCOPE, Series, known
from tests.fakes.configurations import configuration

PLENTY = 100


class House:
    """One scope that is known, and runs that look at it a minute after the other."""

    def __init__(self, series=None, refusals=0):
        self.series = series or known(2)
        self.meters, self.states = BurnMeters(), MemoryDetectorStates()
        self.events = MemoryEvents(refusals)
        self.config_source = FixedConfig(configuration())
        self.clock = ManualClock(minute_at(self.series.end))
        if series is None:
            self.states.write(SCOPE, None, self.series.state)
        for minute in range(self.series.end - 180, self.series.end):
            self.told_of(minute)

    def told_of(self, minute):
        if minute in self.series.used:
            self.meters.add(SCOPE, minute, self.series.used[minute])

    def detector(self):
        return AnomalyDetector(
            meters=self.meters,
            states=self.states,
            events=self.events,
            config_source=self.config_source,
            clock=self.clock,
            rules=BurnRules(),
        )

    def run(self, scopes_max=PLENTY):
        return self.detector().run(scopes_max)

    def pass_minutes(self, minutes, **changes):
        done = []
        for _ in range(minutes):
            self.series.grow(1, **changes)
            self.told_of(self.series.end - 1)
            self.clock.time = minute_at(self.series.end) + SEEN_AFTER
            done.append(self.run())
        return done


def test_an_ordinary_hour_raises_nothing_and_is_written_once():
    house = House()
    house.pass_minutes(60)

    assert house.events.raised == []
    assert house.states.written == 2


def test_an_anomaly_is_raised_once_within_two_minutes():
    house = House()
    done = house.pass_minutes(30, calls=6)

    assert [anomaly.severity for anomaly in house.events.news] == [Severity.CRITICAL]
    assert done[0].raised or done[1].raised
    assert sum(len(run.raised) for run in done) == 1
    assert house.states.read(SCOPE).state.untold is None


def test_a_minute_that_is_not_over_for_twenty_seconds_is_not_looked_at():
    house = House()
    house.pass_minutes(1)
    house.series.grow(1, calls=50)
    house.told_of(house.series.end - 1)
    house.clock.time = minute_at(house.series.end) + SEEN_AFTER - timedelta(milliseconds=1)

    assert house.run().raised == ()
    house.clock.advance(milliseconds=1)
    assert len(house.run().raised) == 1


def test_an_event_that_did_not_go_out_is_raised_by_the_next_run():
    house = House(refusals=2)
    done = house.pass_minutes(5, calls=20)

    failed = [run for run in done if run.problems]
    assert len(failed) == 2
    assert "refused" in failed[0].problems[0]
    assert len(house.events.raised) == 1


def test_a_run_that_dies_after_its_event_raises_it_again_under_the_same_id():
    house = House()
    house.pass_minutes(1, calls=20)
    version = house.states.read(SCOPE).version
    state = house.states.read(SCOPE).state
    untold = state.__class__(history=state.history, noise=state.noise, incident=state.incident)
    house.states.write(SCOPE, version, untold)

    house.run()

    assert len(house.events.raised) == 2
    assert len(house.events.told) == 1


def test_of_two_runs_at_once_one_raises():
    house = House()
    house.series.grow(1, calls=20)
    house.told_of(house.series.end - 1)
    house.clock.time = minute_at(house.series.end) + SEEN_AFTER
    one, other = house.detector(), house.detector()
    real = house.meters.minutes

    def meanwhile(scope, since, until):
        house.meters.minutes = real
        assert len(other.run(PLENTY).raised) == 1
        return real(scope, since, until)

    house.meters.minutes = meanwhile

    assert one.run(PLENTY).raised == ()
    assert len(house.events.raised) == 1


def test_a_scope_that_fails_keeps_no_other_from_its_turn():
    house = House()
    broken = ("team", "broken")
    for number in range(house.series.end - 5, house.series.end):
        house.meters.add(broken, number, house.series.used[number])
    house.meters.silent.add(broken)

    [*_, last] = house.pass_minutes(2, calls=20)

    assert last.problems == ("team broken: gone",)
    assert len(house.events.raised) == 1


def test_a_run_gives_up_after_some_faults_and_says_what_it_passed_over():
    house = House()
    for number in range(10):
        scope = ("team", f"t{number}")
        house.meters.add(scope, house.series.end - 1, house.series.used[house.series.end - 1])
        house.meters.silent.add(scope)
    house.meters.silent.add(SCOPE)

    done = house.run()

    assert len(done.problems) == FAILURES_MAX
    assert done.looked_at + done.passed_over == 11


def test_nobody_knows_who_is_active_while_the_table_is_silent():
    house = House()
    house.meters.is_silent = True

    with pytest.raises(LedgerUnavailable):
        house.run()


def test_scopes_beyond_what_a_run_has_time_for_take_turns():
    house = House()
    use = house.series.used[house.series.end - 1]
    names = [f"t{number}" for number in range(7)]
    looked_at = set()
    for _ in range(8):
        house.series.end += 1
        for name in names:
            house.meters.add(("team", name), house.series.end - 1, use)
        house.clock.time = minute_at(house.series.end) + SEEN_AFTER
        before = dict(house.states.kept)
        done = house.run(scopes_max=2)
        assert (done.looked_at, done.passed_over) == (2, 6)
        looked_at |= {scope for scope in house.states.kept if scope not in before}

    assert looked_at >= {("team", name) for name in names}


def test_a_scope_without_a_past_is_held_to_the_pace_of_its_budget():
    pace = 10**9
    source = FixedConfig(configuration(budget(limit=pace * 1_440)))
    slow, fast = House(Series(1)), House(Series(1))
    for house, times in ((slow, 13), (fast, 15)):
        house.config_source = source
        for minute in range(MONDAY, MONDAY + 20):
            house.meters.add(SCOPE, minute, Use(1, pace * times, 1_000))
            house.clock.time = minute_at(minute + 1) + SEEN_AFTER
            house.run()

    assert slow.events.raised == []
    [anomaly] = fast.events.news
    assert anomaly.evidence.signal is Signal.NEW


class TestPace:
    def test_the_tightest_budget_that_covers_the_scope_counts(self):
        config = configuration(
            budget("org", 60 * 1_440, scope={}),
            budget("team", 5 * 1_440),
            budget("app", 3 * 1_440, scope={"team": "search", "application": "web"}),
            budget("model", 4 * 1_440, scope={"model": "amazon.nova-lite-v1:0"}),
            budget("tokens", 1, unit=Unit.TOKENS),
            budget("ever", 1, window=WindowKind.NONE),
        )

        assert pace_of(("team", "search"), config) == 5
        assert pace_of(("application", "search/web"), config) == 3
        assert pace_of(("application", "search/other"), config) == 5
        assert pace_of(("model", "us.amazon.nova-lite-v1:0"), config) == 4
        assert pace_of(("team", "other"), config) == 60

    def test_without_a_budget_in_dollars_there_is_none(self):
        assert pace_of(("team", "other"), configuration()) is None
        assert pace_of(SCOPE, None) is None

    def test_every_window_that_ends_by_the_calendar_has_a_pace(self):
        for kind in WindowKind:
            found = pace_of(SCOPE, configuration(budget(limit=10**12, window=kind)))
            assert (found is None) == (kind in {WindowKind.NONE, WindowKind.SESSION})
