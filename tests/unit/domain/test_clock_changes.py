"""The laws by which clocks are set are those of the time zone database."""

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest

from cost_sentry.domain.clock_changes import EARLY, LASTING, Move, moves_at
from tests.fakes.time_zones import changes

YEARS = range(2026, 2032)
HOUR = timedelta(hours=1)
OTHERS = {
    "Africa/Casablanca",  # by the moon, as the next two
    "Africa/El_Aaiun",
    "Asia/Gaza",
    "Asia/Hebron",
    "Antarctica/Troll",  # by two hours
    "Australia/LHI",  # by half an hour
    "Australia/Lord_Howe",
}
"""What the sentry does not know of; the page says so."""


def hour_of(moment):
    return int(moment.timestamp()) // 3_600


def ways(moment):
    return {move.hours for move in moves_at(hour_of(moment))}


def zones():
    names = files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    return [name for name in names if name not in OTHERS]


def test_every_zone_s_change_is_known_from_its_day_on_for_two_weeks():
    unknown = []
    for name in zones():
        zone = ZoneInfo(name)
        for at in (at for year in YEARS for at in changes(zone, year)):
            before, after = (t.astimezone(zone).utcoffset() for t in (at - HOUR, at + HOUR))
            hours = (after - before) // HOUR
            if any(hours not in ways(at + lasting) for lasting in (HOUR, timedelta(days=14))):
                unknown.append((name, at, hours))

    assert unknown == []


def test_a_law_that_no_zone_has_is_none():
    known = {
        (at + timedelta(days=days)).date()
        for name in zones()
        for year in YEARS
        for at in changes(ZoneInfo(name), year)
        for days in (-1, 0, 1)
    }
    begun = set()
    at = datetime(2026, 1, 1, tzinfo=UTC)
    while at.year in YEARS:
        begun |= {move.since for move in moves_at(hour_of(at))}
        at += HOUR

    days = [datetime.fromtimestamp(since * 3_600, UTC) + EARLY for since in begun]
    assert len(days) > 10 * len(YEARS)
    assert [day for day in days if day.date() not in known] == []


@pytest.mark.parametrize("month", [1, 2, 6, 7, 8, 12])
def test_months_in_which_nobody_sets_clocks_have_no_move(month):
    start = datetime(2027, month, 1, tzinfo=UTC)

    assert not any(moves_at(hour_of(start) + hour) for hour in range(28 * 24))


@pytest.mark.parametrize(
    ("day", "hours"),
    [(datetime(2026, 3, 29, tzinfo=UTC), 1), (datetime(2026, 10, 25, tzinfo=UTC), -1)],
)
def test_a_move_lasts_until_its_new_hours_are_learned_and_no_longer(day, hours):
    move = Move(hours, hour_of(day - EARLY))

    assert move not in moves_at(move.since - 1)
    assert move in moves_at(move.since)
    assert move in moves_at(hour_of(day + LASTING - HOUR))
    assert move not in moves_at(hour_of(day + LASTING))
