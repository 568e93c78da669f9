"""Time zones by name, wherever their data comes from."""

from datetime import UTC, datetime, timedelta

import pytest

from cost_sentry.application.time_zones import time_zone_named


def test_a_time_zone_is_found_by_its_name_and_is_the_same_one_each_time():
    berlin = time_zone_named("Europe/Berlin")

    assert str(berlin) == "Europe/Berlin"
    assert time_zone_named("Europe/Berlin") is berlin
    assert datetime(2026, 7, 1, tzinfo=berlin).utcoffset() == timedelta(hours=2)


def test_utc_needs_no_data():
    assert time_zone_named("UTC") is UTC


@pytest.mark.parametrize(
    "name", ["Europe/Berln", "Europe", "", "../../etc/passwd", "/etc/localtime", "a\0b"]
)
def test_a_name_of_no_time_zone_is_refused_and_named(name):
    with pytest.raises(ValueError):
        time_zone_named(name)
