"""Weeks in which clocks are set and nothing is wrong: all that is done moves by an hour of UTC."""

from datetime import UTC, datetime

from benchmarks.drill.watch import raised
from benchmarks.drill.weeks import DAY, WEEK, Clocks, quiet_world
from cost_sentry.domain.anomaly import minute_number
from cost_sentry.domain.burn_rules import BurnRules

CHANGES = ((datetime(2026, 3, 29, 1, tzinfo=UTC), 60), (datetime(2026, 10, 25, 1, tzinfo=UTC), -60))
"""Of European clocks: when, and how far ahead."""
_WEEKS = 4
SUNDAY_AT_ONE = 2 * WEEK + 6 * DAY + 60
"""The change, in minutes of the world; the week after it is watched."""


def false_after(change: datetime, ahead: int, seed: int) -> int:
    """Incidents of all scopes in the week after clocks were set."""
    first = minute_number(change) - SUNDAY_AT_ONE
    world = quiet_world(seed, _WEEKS, first, Clocks(SUNDAY_AT_ONE, ahead))
    until = SUNDAY_AT_ONE + WEEK
    return sum(1 for _ in raised(world.scopes(), until, BurnRules(), SUNDAY_AT_ONE))


def false_in_clock_change_week(seed: int) -> int:
    """The more of spring and autumn."""
    return max(false_after(change, ahead, seed) for change, ahead in CHANGES)
