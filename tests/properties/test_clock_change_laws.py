"""When clocks are set all that people do moves in UTC: nothing is wrong, and what is, is found."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cost_sentry.domain.anomaly import minute_number
from cost_sentry.domain.burn_clocks import usual_by_any_clock
from cost_sentry.domain.burn_history import usual
from tests.fakes.burn_series import DAY, MONDAY, WEEK, known, office

CHANGES = {
    60: datetime(2026, 3, 29, 1, tzinfo=UTC),
    -60: datetime(2026, 10, 25, 1, tzinfo=UTC),
}
"""Of European clocks, on a Sunday: minutes ahead, and when."""
SUNDAY_AT_ONE = 3 * WEEK - DAY + 60
SEEDS = st.integers(0, 1)
FEW = settings(max_examples=6, deadline=None)


def job(minute):
    """A job at two in the night, for eighty minutes, and some calls by day."""
    return 1.0 if 120 <= minute % DAY < 200 else 0.1


def at_the_change(ahead, seed, rhythm=office, calls=80, *, moves=True, first=None):
    """A series up to the minute in which clocks are set."""
    begun = minute_number(CHANGES[ahead]) - SUNDAY_AT_ONE if first is None else first
    series = known(seed, rhythm, calls, begun, SUNDAY_AT_ONE)
    return replace(series, moved=ahead if moves else 0)


@FEW
@given(
    seed=SEEDS,
    ahead=st.sampled_from([*CHANGES]),
    rhythm=st.sampled_from([office, job]),
)
def test_a_rhythm_that_moves_with_the_clocks_is_never_told_of(seed, ahead, rhythm):
    series = at_the_change(ahead, seed, rhythm)

    assert series.watch(2 * DAY) == []


def test_the_same_move_where_no_clock_was_set_is_told_of():
    moved = [at_the_change(60, seed, job, first=MONDAY).watch(2 * DAY) for seed in range(2)]

    assert all(moved)


@FEW
@given(seed=SEEDS, ahead=st.sampled_from([*CHANGES]), moves=st.booleans(), hour=st.integers(0, 23))
def test_a_step_to_five_times_is_told_within_three_minutes_in_such_a_week_too(
    seed, ahead, moves, hour
):
    series = at_the_change(ahead, seed, moves=moves)
    series.watch(DAY + hour * 60)

    assert series.watch(3, calls=8)


@pytest.mark.parametrize("ahead", CHANGES)
@pytest.mark.parametrize("moves", [False, True], ids=["stays", "moves"])
def test_of_a_scope_that_has_not_moved_its_own_hours_alone_count_again_after_three_days(
    ahead, moves
):
    series = at_the_change(ahead, 0, job, 20, moves=moves)
    at_once = is_held_higher(series)
    still = {}
    for day in range(1, 14):
        series.grow(DAY).learn()
        still[day] = is_held_higher(series)

    assert at_once
    # Between these days clocks are set elsewhere.
    assert [still[day] for day in (3, 11, 12, 13)] == [moves] * 4


def is_held_higher(series):
    """Whether an hour of the next day may be as high as one beside it."""
    history, start = series.state.history, series.end // 30
    halves = range(start, start + 48)
    return any(usual_by_any_clock(history, half) != usual(history, half) for half in halves)


@FEW
@given(seed=SEEDS, ahead=st.sampled_from([*CHANGES]), moves=st.booleans())
def test_the_noise_that_is_learned_in_such_a_week_is_that_of_any_other(seed, ahead, moves):
    series = at_the_change(ahead, seed, moves=moves)
    before = series.state.noise
    for _ in range(4):
        series.grow(DAY).learn()

    assert series.state.noise.level <= before.level + 40
    assert series.state.noise.hour_level <= before.hour_level + 10
