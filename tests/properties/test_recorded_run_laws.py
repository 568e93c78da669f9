"""A recorded day knows where in its run each call stood: caps on runs can be tried on it."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from cost_sentry.application.recorded_calls import RecordedCalls
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.session import Session
from cost_sentry.domain.window import WindowKind
from tests.fakes.admissions import SmallBook, config
from tests.fakes.builders import NOON, budget
from tests.fakes.simulations import RecordedRun, call, decisions, sentry
from tests.unit.application.test_sessions import OTHER, RUN, cap

PLENTY = budget("plenty", 10**12, scope={}, window=WindowKind.NONE)
PATHS = st.none() | st.lists(st.sampled_from("abc"), max_size=3).map(tuple)


@st.composite
def runs(draw):
    """Calls of two agent runs, one every ten seconds."""
    found = []
    for number in range(draw(st.integers(1, 20))):
        run = draw(st.sampled_from([RUN, OTHER]))
        session = Session(id=run, path=draw(PATHS), retry=draw(st.integers(0, 1)))
        tags = {"team": "search", "application": "web", "session": run}
        found.append(call(f"r{number}", at=10 * number, session=session, tags=tags))
    return found


@st.composite
def caps(draw):
    """Some of the budgets that look at where in its run a call stands."""
    units = draw(st.sets(st.sampled_from([Unit.RETRIES, Unit.DEPTH, Unit.CHILDREN])))
    return [cap(unit.value, draw(st.integers(1, 3)), unit=unit) for unit in sorted(units)]


@given(runs(), caps(), caps())
@settings(deadline=None, max_examples=100)
def test_caps_decide_about_a_recorded_day_as_they_would_have_decided_then(calls, then, tried):
    recorded = RecordedRun(config(PLENTY, *then))
    recorded.play(calls)
    day = RecordedCalls(
        start=NOON,
        end=NOON + timedelta(days=1),
        config=recorded.config,
        price_book=SmallBook(),
    )
    for record in recorded.records():
        day.add(record)

    replayed = decisions(sentry(config(PLENTY, *tried)), day.calls())

    asked = decisions(sentry(config(PLENTY, *tried)), calls)
    assert [one.code for one in replayed] == [one.code for one in asked]
