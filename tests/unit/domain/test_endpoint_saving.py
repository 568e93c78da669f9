"""What sleep saves, month by month."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.domain.endpoint_saving import (
    MONTHS_KEPT,
    Saving,
    added,
    month_of,
    saved_by_month,
    summed,
)
from cost_sentry.domain.instance_price import Fleet, cost_picodollars, hourly_picodollars
from tests.unit.domain.test_endpoint_plan import PRICES

FLEETS = (Fleet(instance_type="ml.g5.xlarge", count=1),)
START = datetime(2026, 11, 30, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_sleep_over_the_end_of_a_month_is_saved_in_both():
    months = saved_by_month(FLEETS, START, START + 3 * HOUR, PRICES)

    assert months == {
        "2026-11": Saving(seconds=3_600, saved_picodollars=1_408_000_000_000),
        "2026-12": Saving(seconds=7_200, saved_picodollars=2_816_000_000_000),
    }


def test_months_are_those_of_utc_wherever_a_moment_is_written():
    east = datetime(2026, 12, 1, 1, tzinfo=timezone(timedelta(hours=2)))

    assert month_of(east) == "2026-11"
    assert set(saved_by_month(FLEETS, east, east + HOUR, PRICES)) == {"2026-11"}


def test_what_nobody_can_price_is_unknown_and_not_nothing():
    months = saved_by_month(FLEETS, START, START + HOUR, {})

    assert months == {"2026-11": Saving(seconds=3_600, unpriced_seconds=3_600)}


def test_time_that_did_not_pass_saves_nothing():
    assert saved_by_month(FLEETS, START, START, PRICES) == {}
    assert saved_by_month(FLEETS, START, START - HOUR, PRICES) == {}


@given(st.integers(0, 400 * 86_400), st.integers(0, 400 * 86_400))
def test_all_months_together_are_the_whole_time(after, seconds):
    since = START + timedelta(seconds=after)
    until = since + timedelta(seconds=seconds)

    months = saved_by_month(FLEETS, since, until, PRICES)

    whole = cost_picodollars(hourly_picodollars(FLEETS, PRICES), until - since)
    assert summed(months).seconds == seconds
    assert 0 <= summed(months).saved_picodollars - whole <= len(months), "rounded up once a month"


def test_the_last_months_are_kept_and_no_others():
    months = {
        f"20{year}-{month:02d}": Saving(seconds=1)
        for year in (24, 25, 26)
        for month in range(1, 13)
    }

    kept = added(months, {"2026-12": Saving(seconds=1)})

    assert (len(kept), min(kept)) == (MONTHS_KEPT, "2025-01")
    assert kept["2026-12"] == Saving(seconds=2)
