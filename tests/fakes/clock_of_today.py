"""A clock for tests that also meet a real one, as moto's answers carry it."""

from cost_sentry.adapters.system_clock import SystemClock
from tests.fakes.builders import ManualClock


def clock_of_today() -> ManualClock:
    """It says the time, but never so late that a day ends while the calls of a test are made."""
    now = SystemClock().now()
    return ManualClock(min(now, now.replace(hour=23, minute=30)))
