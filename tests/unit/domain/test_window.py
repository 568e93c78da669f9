from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from cost_sentry.domain.window import WindowKind, has_ended, window_at, window_named

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
NEW_YEAR_S_EVE = datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def windows(kind: WindowKind, since: str, until: str, zone) -> list[tuple[str, str]]:
    """Ids, and when they begin in UTC, from the window at ``since`` to the one before ``until``."""
    found, window = [], window_at(kind, at(since), zone)
    while window.start < at(until):
        found.append((window.id, f"{window.start:%d. %H:%M:%S}"))
        window = window_at(kind, window.end, zone)
    return found


@pytest.mark.parametrize(
    ("kind", "window_id", "start", "end"),
    [
        (WindowKind.MINUTE, "2024-12-31T23:59Z", "2024-12-31T23:59Z", "2025-01-01T00:00Z"),
        (WindowKind.HOUR, "2024-12-31T23Z", "2024-12-31T23:00Z", "2025-01-01T00:00Z"),
        (WindowKind.DAY, "2024-12-31", "2024-12-31T00:00Z", "2025-01-01T00:00Z"),
        (WindowKind.WEEK, "2025-W01", "2024-12-30T00:00Z", "2025-01-06T00:00Z"),
        (WindowKind.MONTH, "2024-12", "2024-12-01T00:00Z", "2025-01-01T00:00Z"),
        (WindowKind.QUARTER, "2024-Q4", "2024-10-01T00:00Z", "2025-01-01T00:00Z"),
        (WindowKind.YEAR, "2024", "2024-01-01T00:00Z", "2025-01-01T00:00Z"),
    ],
)
def test_a_window_is_named_by_its_own_calendar(kind, window_id, start, end):
    window = window_at(kind, NEW_YEAR_S_EVE)

    assert (window.id, window.start, window.end) == (window_id, at(start), at(end))


def test_a_window_without_end_is_called_all():
    window = window_at(WindowKind.NONE, datetime(2024, 2, 29, tzinfo=UTC))

    assert (window.id, window.start, window.end) == ("all", None, None)
    assert not has_ended("all", datetime.max.replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("day", "week"),
    [
        ("2020-12-31", "2020-W53"),
        ("2021-01-03", "2020-W53"),
        ("2021-01-04", "2021-W01"),
        ("2024-12-29", "2024-W52"),
        ("2024-12-30", "2025-W01"),
        ("2027-01-03", "2026-W53"),
    ],
)
def test_a_week_belongs_to_the_year_of_its_thursday(day, week):
    assert window_at(WindowKind.WEEK, at(f"{day}T12:00Z")).id == week


@pytest.mark.parametrize(
    ("kind", "moment", "end"),
    [
        (WindowKind.DAY, "2024-02-28T12:00Z", "2024-02-29T00:00Z"),
        (WindowKind.DAY, "2024-02-29T12:00Z", "2024-03-01T00:00Z"),
        (WindowKind.DAY, "2026-02-28T12:00Z", "2026-03-01T00:00Z"),
        (WindowKind.DAY, "2100-02-28T12:00Z", "2100-03-01T00:00Z"),
        (WindowKind.MONTH, "2024-02-29T12:00Z", "2024-03-01T00:00Z"),
        (WindowKind.QUARTER, "2024-02-29T12:00Z", "2024-04-01T00:00Z"),
        (WindowKind.YEAR, "2024-02-29T12:00Z", "2025-01-01T00:00Z"),
    ],
)
def test_a_leap_day_is_a_day_of_its_month_quarter_and_year(kind, moment, end):
    assert window_at(kind, at(moment)).end == at(end)


def test_a_day_is_the_day_of_the_budget_s_time_zone():
    late = at("2026-11-21T23:30Z")

    assert window_at(WindowKind.DAY, late).id == "2026-11-21"
    assert window_at(WindowKind.DAY, late, BERLIN).id == "2026-11-22"
    assert window_at(WindowKind.DAY, late, NEW_YORK).id == "2026-11-21"
    assert window_at(WindowKind.DAY, late, BERLIN).start == at("2026-11-21T23:00Z")
    assert window_at(WindowKind.DAY, late, NEW_YORK).end == at("2026-11-22T05:00Z")


@pytest.mark.parametrize(
    ("moment", "hours"), [("2026-03-29T12:00Z", 23), ("2026-10-25T12:00Z", 25)]
)
def test_a_day_on_which_clocks_are_set_is_an_hour_shorter_or_longer(moment, hours):
    window = window_at(WindowKind.DAY, at(moment), BERLIN)

    assert window.end - window.start == timedelta(hours=hours)


def test_an_hour_that_clocks_show_twice_is_two_windows():
    found = windows(WindowKind.HOUR, "2026-10-24T23:30Z", "2026-10-25T03:00Z", BERLIN)

    assert found == [  # 01:00, 02:00, 02:00 again, 03:00 in Berlin
        ("2026-10-24T23Z", "24. 23:00:00"),
        ("2026-10-25T00Z", "25. 00:00:00"),
        ("2026-10-25T01Z", "25. 01:00:00"),
        ("2026-10-25T02Z", "25. 02:00:00"),
    ]


def test_where_clocks_are_set_by_half_an_hour_the_halves_are_windows_of_their_own():
    zone = ZoneInfo("Australia/Lord_Howe")

    assert windows(WindowKind.HOUR, "2026-04-04T13:30Z", "2026-04-04T17:00Z", zone) == [
        ("2026-04-04T13Z", "04. 13:00:00"),  # 00:00
        ("2026-04-04T14Z", "04. 14:00:00"),  # 01:00
        ("2026-04-04T15:00Z/15:30", "04. 15:00:00"),  # 01:30 again
        ("2026-04-04T15:30Z/16:30", "04. 15:30:00"),  # 02:00
        ("2026-04-04T16:30Z/17:30", "04. 16:30:00"),
    ]
    assert windows(WindowKind.HOUR, "2026-10-03T14:30Z", "2026-10-03T17:00Z", zone) == [
        ("2026-10-03T14:30Z/15:30", "03. 14:30:00"),  # 01:00
        ("2026-10-03T15:30Z/16:00", "03. 15:30:00"),  # 02:30, for 02:00 never was
        ("2026-10-03T16Z", "03. 16:00:00"),  # 03:00
    ]


@pytest.mark.parametrize(
    ("zone", "window_id"),
    [
        ("Asia/Kolkata", "2026-11-21T23:30Z/00:30"),
        ("Asia/Kathmandu", "2026-11-21T23:15Z/00:15"),
        ("Pacific/Chatham", "2026-11-21T23:15Z/00:15"),
        ("Etc/GMT+12", "2026-11-21T23Z"),
    ],
)
def test_an_hour_begins_when_clocks_there_show_it(zone, window_id):
    window = window_at(WindowKind.HOUR, at("2026-11-21T23:45Z"), ZoneInfo(zone))

    assert window.id == window_id
    assert window.end - window.start == timedelta(hours=1)
    assert not has_ended(window_id, window.end - timedelta(microseconds=1))
    assert has_ended(window_id, window.end)


def test_where_midnight_never_comes_the_day_begins_when_clocks_are_set():
    beirut = window_at(WindowKind.DAY, at("2026-03-29T12:00Z"), ZoneInfo("Asia/Beirut"))

    assert beirut.start == at("2026-03-28T22:00Z")  # 00:00 is 01:00
    assert beirut.end - beirut.start == timedelta(hours=23)


def test_where_midnight_comes_twice_the_day_begins_with_the_first():
    havana = window_at(WindowKind.DAY, at("2026-11-01T12:00Z"), ZoneInfo("America/Havana"))

    assert havana.start == at("2026-11-01T04:00Z")
    assert havana.end - havana.start == timedelta(hours=25)


def test_a_clock_that_is_set_back_over_midnight_does_not_begin_the_day_before_again():
    found = windows(
        WindowKind.DAY, "2010-11-06T12:00Z", "2010-11-08T12:00Z", ZoneInfo("America/St_Johns")
    )

    assert found == [  # At 00:01 it was 23:01 of the 6th again.
        ("2010-11-06", "06. 02:30:00"),
        ("2010-11-07", "07. 02:30:00"),
        ("2010-11-08", "08. 03:30:00"),
    ]


def test_a_day_that_a_country_left_out_is_no_window():
    apia = ZoneInfo("Pacific/Apia")

    found = windows(WindowKind.DAY, "2011-12-29T12:00Z", "2012-01-01T00:00Z", apia)

    assert found == [
        ("2011-12-29", "29. 10:00:00"),
        ("2011-12-31", "30. 10:00:00"),
        ("2012-01-01", "31. 10:00:00"),
    ]
    assert window_named(WindowKind.DAY, "2011-12-30", apia) is None


def test_a_midnight_inside_of_what_was_left_out_is_the_instant_of_the_change():
    window = window_at(WindowKind.DAY, at("1919-03-31T12:00Z"), ZoneInfo("America/Toronto"))

    assert window.start == at("1919-03-31T04:30Z")  # 23:30 became 00:30


@pytest.mark.parametrize("kind", list(WindowKind))
def test_the_caller_s_time_zone_does_not_matter(kind):
    elsewhere = NEW_YEAR_S_EVE.astimezone(timezone(timedelta(hours=-9)))

    assert window_at(kind, elsewhere) == window_at(kind, NEW_YEAR_S_EVE)
    assert window_at(kind, elsewhere, BERLIN) == window_at(kind, NEW_YEAR_S_EVE, BERLIN)


@pytest.mark.parametrize(
    ("kind", "window_id"),
    [
        (WindowKind.DAY, "2026-02-29"),
        (WindowKind.DAY, "2026-11"),
        (WindowKind.DAY, "20261121"),
        (WindowKind.DAY, "٢٠٢٦-11-21"),
        (WindowKind.DAY, "9999-12-31"),
        (WindowKind.WEEK, "2026-W54"),
        (WindowKind.WEEK, "2025-W53"),
        (WindowKind.MONTH, "2026-13"),
        (WindowKind.QUARTER, "2026-Q5"),
        (WindowKind.YEAR, "0000"),
        (WindowKind.HOUR, "2026-11-21T24Z"),
        (WindowKind.HOUR, "2026-11-21T13:30Z/14:30"),
        (WindowKind.HOUR, "2026-11-21T13:00Z/14:00"),
        (WindowKind.MINUTE, "2026-11-21T13:60Z"),
        (WindowKind.MINUTE, "2026-11-21T13Z"),
        (WindowKind.NONE, "2026"),
        (WindowKind.NONE, "all\n"),
    ],
)
def test_what_no_window_in_utc_is_called_names_none(kind, window_id):
    assert window_named(kind, window_id) is None


@pytest.mark.parametrize("window_id", ["", "all", "tomorrow", "2026-02-29", "9999-12-31", "9999"])
def test_what_is_no_window_with_an_end_never_ends(window_id):
    assert not has_ended(window_id, datetime(9999, 12, 31, 23, tzinfo=UTC))


@pytest.mark.parametrize(
    ("window_id", "ended_at"),
    [
        ("2026-11-21T13:05Z", "2026-11-21T13:06Z"),
        ("2026-11-21T13Z", "2026-11-21T14:00Z"),
        ("2026-11-21T23:30Z/00:30", "2026-11-22T00:30Z"),
        ("2026-11-21", "2026-11-22T12:00Z"),
        ("2026-W47", "2026-11-23T12:00Z"),
        ("2026-11", "2026-12-01T12:00Z"),
        ("2026-Q4", "2027-01-01T12:00Z"),
        ("2026", "2027-01-01T12:00Z"),
    ],
)
def test_a_window_has_ended_once_it_has_everywhere(window_id, ended_at):
    assert not has_ended(window_id, at(ended_at) - timedelta(microseconds=1))
    assert has_ended(window_id, at(ended_at))
