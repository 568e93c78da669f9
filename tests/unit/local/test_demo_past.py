"""The past that the demo makes up is calm, and the runaway after it is found: once, as critical."""

from datetime import UTC, datetime, timedelta

import pytest

from cost_sentry.application.detect_anomalies import SEEN_AFTER, AnomalyDetector
from cost_sentry.domain.anomaly import Severity
from cost_sentry.domain.burn_rules import BurnRules
from cost_sentry.domain.meter import APPLICATION, MODEL, TEAM, Counts, MeterChange, minute_of
from cost_sentry.domain.money import picodollars
from cost_sentry_client.config_file.load import load_config
from cost_sentry_local.demo.anomaly import CALLS
from cost_sentry_local.demo.past import (
    DAYS,
    REPORTS,
    PastNotCalm,
    ToldClock,
    looked_at,
    past_calls,
    past_meters,
)
from cost_sentry_local.layout import PROJECT
from tests.fakes.anomalies import MemoryDetectorStates, MemoryEvents
from tests.fakes.memory_meters import MemoryMeters

CONFIG = load_config(PROJECT / "examples" / "sentry.yaml").config
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
SCOPE = (APPLICATION, "support/reports")
RUNAWAY_CALL = picodollars("0.0014")
"""A little less than one of its calls costs by the price book."""


class Source:
    def current(self):
        return CONFIG


def with_past(now):
    meters, states = MemoryMeters(), MemoryDetectorStates()
    for change in past_meters(now):
        meters.change(change)
    return meters, states


def run_away(meters, now, calls=CALLS):
    used = Counts(
        calls=calls,
        picodollars=calls * RUNAWAY_CALL,
        input_tokens=60 * calls,
        output_tokens=260 * calls,
    )
    for scope in ((MODEL, REPORTS.model_id), (TEAM, REPORTS.team), SCOPE):
        meters.change(MeterChange(scope=scope, minute=minute_of(now), used=used))


def raised(meters, states, now):
    events = MemoryEvents()
    clock = ToldClock(moment=minute_of(now) + timedelta(minutes=1) + SEEN_AFTER)
    AnomalyDetector(
        meters=meters,
        states=states,
        events=events,
        config_source=Source(),
        clock=clock,
        rules=BurnRules(),
    ).run(500)
    return events.raised


@pytest.mark.parametrize("day", range(7))
@pytest.mark.parametrize("minutes", [0, 1, 29, 30, 59, 60 * 9 + 44, 60 * 23 + 58])
def test_whenever_the_demo_runs_the_runaway_and_nothing_else_is_found(day, minutes):
    now = MONDAY + timedelta(days=day, minutes=minutes)
    meters, states = with_past(now)
    looks = looked_at(meters, states, Source(), now)
    run_away(meters, now)

    found = raised(meters, states, now)

    assert looks >= DAYS
    assert [(one.scope, one.severity) for one in found] == [(SCOPE, Severity.CRITICAL)]


def test_a_runaway_across_two_minutes_is_found_as_well():
    meters, states = with_past(MONDAY)
    looked_at(meters, states, Source(), MONDAY)
    for minute, calls in ((-1, CALLS // 2), (0, CALLS - CALLS // 2)):
        run_away(meters, MONDAY + timedelta(minutes=minute), calls=calls)

    found = raised(meters, states, MONDAY)

    assert [(one.scope, one.severity) for one in found] == [(SCOPE, Severity.CRITICAL)]


def test_without_the_runaway_nothing_is_found():
    meters, states = with_past(MONDAY)
    looked_at(meters, states, Source(), MONDAY)
    run_away(meters, MONDAY, calls=1)

    assert raised(meters, states, MONDAY) == []


def test_a_past_that_is_not_calm_is_no_past():
    meters, states = with_past(MONDAY)
    run_away(meters, MONDAY - timedelta(days=1, minutes=2))

    with pytest.raises(PastNotCalm, match="application support/reports"):
        looked_at(meters, states, Source(), MONDAY)


def test_the_past_fits_into_the_budgets_that_are_in_force():
    by_day = {}
    for at, caller, used in past_calls(MONDAY + timedelta(hours=12)):
        by_day[at.date(), caller.team] = by_day.get((at.date(), caller.team), 0) + used.picodollars

    daily = next(budget for budget in CONFIG.budgets if budget.id == "support-daily")
    assert {team for _, team in by_day} == {"support"}
    assert max(by_day.values()) < daily.limit
