"""What is told of a scope, when, how often, and what is learned from it."""

from datetime import timedelta
from itertools import pairwise

import pytest

from cost_sentry.domain.anomaly import Severity, Signal, minute_at, minute_number
from cost_sentry.domain.burn_history import History
from cost_sentry.domain.burn_rate import judged
from cost_sentry.domain.burn_state import new_state
from tests.fakes.burn_series import DAY, MONDAY, PER_CALL, RULES, SCOPE, Series, known


@pytest.fixture
def series():
    return known(3)


def test_more_calls_are_told_as_money_or_calls_with_what_is_usual_beside(series):
    began = series.end

    [first, *_] = series.watch(10, calls=8)

    assert first.scope == SCOPE
    assert first.evidence.signal in {Signal.MONEY, Signal.CALLS}
    assert minute_number(first.since) == began
    assert first.now <= minute_at(began + 2)
    assert first.severity is Severity.CRITICAL
    assert first.expected_picodollars_per_minute == pytest.approx(30 * PER_CALL, rel=0.15)
    assert first.seen_picodollars_per_minute == pytest.approx(240 * PER_CALL, rel=0.2)
    assert first.factor_percent == pytest.approx(800, rel=0.25)
    assert first.evidence.calls_percent == pytest.approx(800, rel=0.25)
    assert first.evidence.tokens_per_call_percent == pytest.approx(100, abs=25)
    assert first.evidence.cost_per_token_percent == pytest.approx(100, abs=25)


def test_calls_that_fail_and_cost_nothing_are_told_as_calls(series):
    told = series.watch(5, calls=6, cost=1 / 6, tokens=1 / 6)

    assert [anomaly.evidence.signal for anomaly in told] == [Signal.CALLS]
    assert told[0].evidence.calls_percent == pytest.approx(600, rel=0.2)


def test_longer_prompts_are_told_within_minutes_though_no_more_calls_are_made(series):
    told = series.watch(5, cost=2.2, tokens=2.8)

    assert told
    assert told[0].evidence.signal in {Signal.COST_PER_CALL, Signal.TOKENS_PER_CALL}
    assert told[0].evidence.calls_percent == pytest.approx(100, abs=35)
    assert told[0].evidence.tokens_per_call_percent == pytest.approx(280, rel=0.25)


def test_another_model_shows_in_what_a_token_costs(series):
    told = series.watch(3, cost=5)

    assert told[-1].severity is Severity.CRITICAL
    assert told[0].evidence.cost_per_token_percent == pytest.approx(500, rel=0.2)
    assert told[0].evidence.tokens_per_call_percent == pytest.approx(100, abs=25)


def test_what_creeps_is_told_before_it_has_doubled_for_an_hour(series):
    told = []
    for step in range(120):
        told += series.watch(1, calls=1 + step / 60)
        if told:
            break

    assert told
    assert told[0].severity is Severity.WARNING
    assert told[0].evidence.window_minutes >= 5
    assert step < 90


def test_an_incident_is_told_once_and_again_when_it_becomes_critical(series):
    mild = series.watch(60, calls=2)
    worse = series.watch(60, calls=9)

    assert [anomaly.severity for anomaly in mild] == [Severity.WARNING]
    assert [anomaly.severity for anomaly in worse] == [Severity.CRITICAL]
    assert worse[0].id == mild[0].id
    assert worse[0].now > mild[0].now
    assert series.watch(60, calls=2) == []


def test_while_it_goes_on_that_is_told_every_five_minutes_and_is_no_news(series):
    [first, *_] = series.watch(60, calls=9)

    assert len(series.told) <= 2
    assert 10 <= len(series.goes_on) <= 12
    assert {one.id for one in series.goes_on} == {first.id}
    gaps = [
        (after.now - before.now) // timedelta(minutes=1)
        for before, after in pairwise(series.goes_on)
    ]
    assert set(gaps) == {RULES.told_again_minutes}


def test_what_is_slowed_down_to_twice_what_is_usual_goes_on(series):
    series.watch(5, calls=20)
    before = len(series.goes_on)

    series.watch(240, calls=2)

    assert len(series.goes_on) - before >= 40


def test_what_is_frozen_does_not_go_on_and_is_told_of_within_two_minutes_when_it_is_back(series):
    for silent in (5, 8, 12, 60):
        series.watch(3, calls=20)
        told = len(series.told) + len(series.goes_on)
        series.watch(silent, calls=0)
        assert len(series.told) + len(series.goes_on) == told

        series.watch(2, calls=20)
        assert len(series.told) + len(series.goes_on) > told
        series.watch(60)


def test_much_more_than_was_told_is_told_at_once(series):
    series.watch(120, calls=4)

    news = series.watch(2, calls=100)

    assert news
    assert news[0].factor_percent >= 1_200
    assert not news[0].goes_on


def test_the_next_incident_is_told_after_the_first_has_ended(series):
    first = series.watch(20, calls=6)
    between = series.watch(30)
    second = series.watch(20, calls=6)

    assert between == []
    assert series.state.calm_since > minute_number(first[0].since)
    assert second
    assert second[0].id != first[0].id
    assert minute_number(second[0].since) >= series.state.calm_since


def test_an_incident_ends_after_ten_ordinary_minutes_and_not_before(series):
    series.watch(20, calls=6)

    series.watch(7)
    assert series.state.incident is not None
    series.watch(8)
    assert series.state.incident is None


def test_what_goes_on_for_a_day_is_what_is_usual_now(series):
    told = series.watch(DAY - 30, calls=6)
    assert series.state.incident is not None

    after = series.watch(2 * DAY, calls=6)

    assert {anomaly.severity for anomaly in told} <= {Severity.WARNING, Severity.CRITICAL}
    assert after == []
    assert series.state.incident is None
    last = series.goes_on[-1]
    assert [one.is_adopted for one in series.goes_on].count(True) == 1, "told once"
    assert (last.is_adopted, last.id) == (True, told[0].id)
    assert last.now - last.since == timedelta(days=1)
    assert last.seen_picodollars_per_minute == pytest.approx(180 * PER_CALL, rel=0.1)
    assert last.expected_picodollars_per_minute == pytest.approx(180 * PER_CALL, rel=0.15)


def test_that_it_is_usual_now_stays_untold_until_somebody_hears_of_it(series):
    series.watch(DAY - 30, calls=6)
    series.grow(60, calls=6)
    state = series.state
    for end in range(series.end - 59, series.end + 1):
        state = judged(state, SCOPE, series.look(end))
        if state.untold and not state.untold.is_adopted:
            state = state.as_told()

    assert state.untold.now == state.untold.since + timedelta(days=1)
    assert state.history.forgotten(24) != state.history, "what was usual counts until then"
    assert state.as_told().incident is None
    assert state.as_told().history == state.history.forgotten(24)


def test_what_is_ordinary_when_the_day_is_over_has_ended_and_is_not_usual_now(series):
    series.watch(DAY - 7, calls=6)

    series.watch(20)

    assert series.state.incident is None
    assert not any(one.is_adopted for one in series.goes_on)


def test_a_week_after_it_stopped_the_same_is_told_anew(series):
    series.watch(DAY + 60, calls=6)
    assert series.watch(60, calls=6) == []

    for _ in range(7):
        series.watch(DAY)

    assert series.watch(30, calls=6)


def test_an_event_that_was_not_told_stays_untold(series):
    series.watch(4, calls=6)
    [first, *_] = series.told
    forgot = series.state
    series.state = forgot.__class__(
        history=forgot.history, noise=forgot.noise, incident=forgot.incident
    )

    again = series.watch(1, calls=6)

    assert again[0].id == first.id


def test_a_dollar_and_a_half_a_day_is_nobodys_incident():
    series = known(4, calls_per_minute=0.1)

    assert series.watch(60, calls=8, cost=0.02) == []


def test_what_it_costs_by_midnight_goes_on_as_it_was_seen(series):
    series.watch(22 * 60)

    [first, *_] = series.watch(5, calls=8)

    left = timedelta(days=1) - timedelta(hours=first.now.hour, minutes=first.now.minute)
    minutes = left // timedelta(minutes=1)
    assert first.projected_picodollars == first.seen_picodollars_per_minute * minutes
    assert first.midnight == first.now + left


class TestNewScope:
    PACE = 10**9

    @pytest.fixture
    def new(self):
        calls = 20 * self.PACE / PER_CALL
        return Series(1, calls_per_minute=calls, pace=self.PACE, state=new_state(MONDAY))

    def test_it_is_told_at_fourteen_times_the_pace_of_its_budget(self, new):
        [first] = new.watch(30)

        assert first.evidence.signal is Signal.NEW
        assert first.severity is Severity.WARNING
        assert first.evidence.calls_percent is None
        assert first.expected_picodollars_per_minute == 0

    def test_it_is_not_told_below(self, new):
        assert new.watch(30, calls=0.4) == []

    def test_without_a_budget_a_dollar_a_minute_is_told(self):
        calls = RULES.new_picodollars_per_minute / PER_CALL
        below, above = (Series(1, calls_per_minute=calls * part) for part in (0.8, 1.3))

        assert below.watch(30) == []
        assert len(above.watch(30)) == 1

    def test_after_a_day_it_is_held_to_its_own_past(self, new):
        new.calls_per_minute *= 0.5
        new.watch(2 * DAY)

        [first, *_] = new.watch(10, calls=10)

        assert first.evidence.signal is not Signal.NEW


def test_hours_that_nobody_looked_at_for_long_are_unknown_and_not_zero():
    series = known(5)
    series.end += 5 * DAY
    series.used = {}

    series.grow(60).watch(1)

    gone = range(series.state.history.through - 100, series.state.history.through - 60)
    slots = [hour % len(series.state.history.money) for hour in gone]
    assert {series.state.history.money[slot] for slot in slots} == {0}
    assert History(7).skipped_to(10).through == 10
