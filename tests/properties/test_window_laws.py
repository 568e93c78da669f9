"""Windows of every kind tile the time of every zone, for four hundred years."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given, settings
from hypothesis import strategies as st

from cost_sentry.domain import window as module
from cost_sentry.domain.civil_time import offset_at, reading
from cost_sentry.domain.window import Window, WindowKind, has_ended, window_at, window_named
from cost_sentry.domain.window_id import SPANS, first_day_of, kind_of
from tests.fakes.time_zones import ZONES, moments

ENDING = [k for k in WindowKind if k not in (WindowKind.NONE, WindowKind.SESSION)]
CALENDAR = [kind for kind in ENDING if kind not in SPANS]
TICK, SECOND, HOUR = timedelta(microseconds=1), timedelta(seconds=1), timedelta(hours=1)
SOMEWHERE = st.sampled_from(ZONES)
EVERYWHERE = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)


def fresh(kind: WindowKind, moment: datetime, zone) -> Window:
    """Found anew, not remembered."""
    module._last.clear()
    return window_at(kind, moment, zone)


@st.composite
def places(draw, kinds=ENDING, zones=SOMEWHERE):
    """A kind, a zone, and a moment of that zone."""
    zone = draw(zones)
    return draw(st.sampled_from(kinds)), zone, draw(moments(zone))


@given(places())
@settings(max_examples=400, deadline=None)
def test_windows_of_one_kind_tile_time(place):
    kind, zone, moment = place

    window = fresh(kind, moment, zone)

    assert window.start <= moment < window.end
    assert fresh(kind, window.start, zone) == window
    assert fresh(kind, window.end - TICK, zone) == window
    assert fresh(kind, window.end, zone).start == window.end
    assert fresh(kind, window.start - TICK, zone).end == window.start


@given(places())
@settings(max_examples=250, deadline=None)
def test_ids_are_of_their_kind_and_rise_from_window_to_window_so_none_comes_twice(place):
    kind, zone, moment = place

    window = fresh(kind, moment, zone)

    assert kind_of(window.id) is kind
    assert window.id < fresh(kind, window.end, zone).id
    assert "@" not in window.id
    assert "#" not in window.id


@given(places())
@settings(max_examples=250, deadline=None)
def test_a_window_is_found_again_by_its_id(place):
    kind, zone, moment = place
    window = window_at(kind, moment, zone)

    assert window_named(kind, window.id, zone) == window
    assert all(window_named(k, window.id, zone) is None for k in WindowKind if k is not kind)


@given(places(), st.lists(places(), max_size=3))
@settings(max_examples=150, deadline=None)
def test_what_was_found_before_changes_no_window(place, before):
    expected = fresh(*_asked(place))
    for other in before:
        window_at(*_asked(other))

    assert window_at(*_asked(place)) == expected


def _asked(place):
    kind, zone, moment = place
    return kind, moment, zone


@given(places(CALENDAR), st.integers(1, 400_000))
@settings(max_examples=250, deadline=None)
def test_a_day_begins_at_the_first_instant_at_which_clocks_show_it(place, seconds_before):
    kind, zone, moment = place

    window = fresh(kind, moment, zone)

    for instant, of in ((window.start, window), (window.end, fresh(kind, window.end, zone))):
        midnight = datetime.combine(first_day_of(kind, of.id), time.min)
        assert reading(instant, zone) >= midnight
        assert reading(instant - SECOND, zone) < midnight
        assert reading(instant - timedelta(seconds=seconds_before), zone) < midnight


@given(places([WindowKind.HOUR]), st.integers(0, 3_600_000_000 - 1))
@settings(max_examples=250, deadline=None)
def test_all_through_an_hour_clocks_show_that_hour_and_nobody_sets_them(place, microseconds):
    kind, zone, moment = place

    window = fresh(kind, moment, zone)

    def shown(at):
        return reading(at, zone).replace(minute=0, second=0, microsecond=0), offset_at(at, zone)

    assert window.end - window.start <= HOUR
    inside = window.start + timedelta(microseconds=microseconds) % (window.end - window.start)
    assert shown(inside) == shown(window.start)
    assert shown(window.end) != shown(window.start) != shown(window.start - TICK)


@given(places([WindowKind.MINUTE]))
def test_a_minute_is_the_same_minute_in_every_zone(place):
    kind, zone, moment = place

    assert fresh(kind, moment, zone) == fresh(kind, moment, UTC)


@given(places(list(SPANS), EVERYWHERE))
@settings(max_examples=250, deadline=None)
def test_minutes_and_hours_have_ended_exactly_from_their_end_on(place):
    kind, zone, moment = place

    window = fresh(kind, moment, zone)

    assert not has_ended(window.id, window.end - TICK)
    assert has_ended(window.id, window.end)


@given(places(CALENDAR, EVERYWHERE))
@settings(max_examples=250, deadline=None)
def test_days_and_longer_ones_have_ended_when_they_have_in_every_zone_on_earth(place):
    kind, zone, moment = place

    window = fresh(kind, moment, zone)

    assert not has_ended(window.id, window.end - TICK)
    assert has_ended(window.id, window.end + timedelta(hours=26))


@given(places(zones=st.just(UTC)))
@settings(max_examples=150, deadline=None)
def test_has_ended_stays_true(place):
    kind, zone, moment = place
    window = fresh(kind, moment, zone)
    end = window.end if kind in SPANS else window.end + timedelta(hours=12)

    assert not has_ended(window.id, end - TICK)
    assert has_ended(window.id, end)
    assert has_ended(window.id, end + timedelta(days=400_000))
