from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.domain.window import WindowKind, has_ended, window_at

MOMENTS = st.integers(-(2 * 10**9), 10**10).map(lambda s: datetime.fromtimestamp(s, tz=UTC))
ENDING = st.sampled_from([WindowKind.DAY, WindowKind.WEEK, WindowKind.MONTH])


@pytest.mark.parametrize(
    ("kind", "window_id", "end"),
    [
        (WindowKind.DAY, "2024-12-31", "2025-01-01"),
        (WindowKind.WEEK, "2025-W01", "2025-01-06"),
        (WindowKind.MONTH, "2024-12", "2025-01-01"),
    ],
)
def test_a_window_is_named_by_its_own_calendar(kind, window_id, end):
    window = window_at(kind, datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC))

    assert window.id == window_id
    assert window.end == datetime.fromisoformat(end).replace(tzinfo=UTC)


def test_a_window_without_end_is_called_all():
    window = window_at(WindowKind.NONE, datetime(2024, 2, 29, tzinfo=UTC))

    assert (window.id, window.start, window.end) == ("all", None, None)


@given(MOMENTS, ENDING)
def test_a_moment_lies_in_its_window_and_windows_touch(moment, kind):
    window = window_at(kind, moment)

    assert window.start <= moment < window.end
    assert window_at(kind, window.end).start == window.end
    assert window_at(kind, window.start).id == window.id


@given(MOMENTS, ENDING)
def test_a_window_has_ended_from_its_end_on_and_not_before(moment, kind):
    window = window_at(kind, moment)

    assert not has_ended(window.id, window.start)
    assert not has_ended(window.id, window.end - timedelta(microseconds=1))
    assert not has_ended(window.id, window.start - timedelta(minutes=5))
    assert has_ended(window.id, window.end)


@given(MOMENTS)
def test_the_window_without_end_never_ends(moment):
    assert not has_ended("all", moment)


@given(MOMENTS, ENDING, st.integers(-14, 14))
def test_the_caller_s_time_zone_does_not_matter(moment, kind, hours):
    elsewhere = moment.astimezone(timezone(timedelta(hours=hours)))

    assert window_at(kind, elsewhere) == window_at(kind, moment)
