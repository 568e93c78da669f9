"""Business hours by the clocks of a time zone, also on the days when clocks are set."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cost_sentry.domain.timetable import Timetable

BERLIN = ZoneInfo("Europe/Berlin")
WEEKDAYS = frozenset(range(5))
EVERY_DAY = frozenset(range(7))


def hours(opens: str, closes: str, days: frozenset[int] = WEEKDAYS, zone=BERLIN) -> Timetable:
    return Timetable(days=days, opens_minute=minute(opens), closes_minute=minute(closes), zone=zone)


def minute(text: str) -> int:
    hour, minutes = text.split(":")
    return int(hour) * 60 + int(minutes)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-23 06:59:59", False),  # Monday, 7:59:59 in Berlin
        ("2026-11-23 07:00:00", True),
        ("2026-11-23 16:59:59", True),
        ("2026-11-23 17:00:00", False),
        ("2026-11-22 10:00:00", False),  # Sunday
        ("2026-07-20 06:00:00", True),  # In summer the same clock is an hour earlier.
        ("2026-07-20 16:00:00", False),
    ],
)
def test_hours_follow_the_clock_of_their_zone(moment, is_open):
    assert (hours("8:00", "18:00").hours_at(at(moment)) is not None) is is_open


def test_hours_that_end_before_they_begin_reach_into_the_next_day():
    night = hours("22:00", "6:00", frozenset({4}), UTC)

    assert night.hours_at(at("2026-11-27 22:00:00")) is not None  # Friday
    assert night.hours_at(at("2026-11-28 05:59:59")) is not None
    assert night.hours_at(at("2026-11-28 06:00:00")) is None
    assert night.hours_at(at("2026-11-28 23:00:00")) is None


def test_a_whole_day_of_a_set_clock_has_23_or_25_hours():
    day = hours("0:00", "24:00", EVERY_DAY)

    spring = day.hours_at(at("2026-03-29 12:00:00"))
    autumn = day.hours_at(at("2026-10-25 12:00:00"))

    assert spring.end - spring.start == timedelta(hours=23)
    assert autumn.end - autumn.start == timedelta(hours=25)


def test_hours_whose_times_the_clock_jumps_over_begin_when_it_is_set():
    early = hours("2:30", "4:00", EVERY_DAY)

    span = early.hours_at(at("2026-03-29 01:30:00"))

    assert span == (at("2026-03-29 01:00:00"), at("2026-03-29 02:00:00"))


def test_hours_that_lie_in_the_jump_do_not_exist_that_day():
    lost = hours("2:10", "2:50", EVERY_DAY)

    assert lost.hours_at(at("2026-03-29 01:00:00")) is None
    assert lost.opens_after(at("2026-03-28 12:00:00")) == at("2026-03-30 00:10:00")


def test_the_next_opening_is_found_over_a_weekend():
    assert hours("8:00", "18:00").opens_after(at("2026-11-27 07:00:00")) == at(
        "2026-11-30 07:00:00"
    )


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Pacific/Auckland", "UTC"])
@pytest.mark.parametrize(("opens", "closes"), [("8:00", "18:00"), ("22:15", "5:45")])
def test_every_minute_of_a_year_is_open_exactly_between_an_opening_and_its_closing(
    zone, opens, closes
):
    table = hours(opens, closes, WEEKDAYS, ZoneInfo(zone))
    moment, end = at("2026-01-01 00:00:00"), at("2027-01-01 00:00:00")
    spans = 0

    while moment < end:
        opening = table.opens_after(moment)
        assert table.hours_at(opening - timedelta(microseconds=1)) is None
        span = table.hours_at(opening)
        assert span is not None
        assert span.start == opening
        assert table.hours_at(span.end - timedelta(microseconds=1)) == span
        assert table.hours_at(span.end) is None
        spans, moment = spans + 1, opening

    assert spans in (261, 262)
