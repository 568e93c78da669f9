"""Windows of agent runs: found by their ids, over on the dot, and sorted by when they began."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.domain.budget import Unit
from cost_sentry.domain.caller import Caller
from cost_sentry.domain.request_id import made_at
from cost_sentry.domain.session import in_run
from cost_sentry.domain.window import WindowKind, has_ended, window_at, window_named
from cost_sentry.domain.window_id import (
    kind_of,
    run_of_caller,
    session_and_caller,
    session_id,
    session_named,
)
from tests.fakes.builders import budget

TICK = timedelta(microseconds=1)
MOMENTS = st.datetimes(
    min_value=datetime(1971, 1, 1),  # noqa: DTZ001 - the strategy makes it aware
    max_value=datetime(9000, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)

NAMES = st.text(min_size=1, max_size=40)
CALLERS = st.builds(Caller, team=NAMES, application=st.none() | NAMES).map(
    lambda caller: caller.workflow_suffix
)
"""As their workflows are called."""


@st.composite
def runs(draw):
    """Any version 7 UUID of the calendar."""
    made = int(draw(MOMENTS).timestamp() * 1000)
    rest = draw(st.integers(0, 2**74 - 1))
    bits = made << 80 | 7 << 76 | (rest >> 62) << 64 | 2 << 62 | rest & (2**62 - 1)
    return str(UUID(int=bits))


@given(runs(), CALLERS)
def test_the_window_of_a_run_is_found_by_its_id_and_ends_a_day_after_it_was_made(run, caller):
    window = window_named(WindowKind.SESSION, session_id(run_of_caller(run, caller)))

    assert kind_of(window.id) is WindowKind.SESSION
    assert window.start == made_at(run)
    assert window.end - window.start == timedelta(days=1)
    assert not has_ended(window.id, window.end - TICK)
    assert has_ended(window.id, window.end)


@given(st.lists(st.tuples(runs(), CALLERS), min_size=1, max_size=2), CALLERS)
def test_two_runs_have_one_window_only_if_both_id_and_caller_are_the_same(named, caller):
    """So nobody reaches another's by naming its id."""
    named = {*named, (named[0][0], caller)}

    windows = {session_id(run_of_caller(*one)) for one in named}

    assert {session_and_caller(session_named(window_id)) for window_id in windows} == named


@given(runs(), CALLERS, MOMENTS)
def test_what_may_still_be_alive_sorts_after_the_window_that_a_limit_is_changed_from(
    run, caller, now
):
    oldest = window_at(WindowKind.SESSION, now)

    assert oldest.start <= now < oldest.end
    window_id = session_id(run_of_caller(run, caller))
    if not has_ended(window_id, now):
        assert window_id >= oldest.id


@given(runs(), st.sampled_from(WindowKind))
def test_only_budgets_of_runs_are_bound_to_a_run_and_without_one_they_are_left_out(run, window):
    one = budget(unit=Unit.REQUESTS, window=window)

    [bound] = in_run([one], run)

    is_of_runs = window is WindowKind.SESSION
    assert bound.session == (run if is_of_runs else None)
    assert in_run([one], None) == (() if is_of_runs else (one,))
    now = made_at(run)
    assert bound.window_at(now).id == (session_id(run) if is_of_runs else one.window_at(now).id)
