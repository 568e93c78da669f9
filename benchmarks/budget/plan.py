"""How much of everything one run measures."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Sizes; the shape of what comes out is the same for all of them."""

    seeds: int
    """Closed loops on each side."""
    callers: int
    """Of a closed loop."""
    quiet_seconds: float
    """A closed loop ends when nothing was admitted or settled for so long."""
    burst_callers: int
    cpu_calls: int
    """Decisions timed on each side."""
    cold_starts: int
    traced_calls: int
    """Rows of the production trace."""
    cloudwatch_seconds: int
    """How late the metrics are."""
    metered_calls: int
    """Calls whose round trips and write units are counted."""
    loads_per_second: tuple[int, ...]
    """Offered to one budget."""


FULL = Plan(
    seeds=20,
    callers=50,
    quiet_seconds=0.75,
    burst_callers=500,
    cpu_calls=3_000,
    cold_starts=4,
    traced_calls=1_200,
    cloudwatch_seconds=180,
    metered_calls=300,
    loads_per_second=(50, 500, 5_000, 10_000),
)
QUICK = Plan(
    seeds=1,
    callers=8,
    quiet_seconds=0.3,
    burst_callers=24,
    cpu_calls=200,
    cold_starts=1,
    traced_calls=40,
    cloudwatch_seconds=6,
    metered_calls=8,
    loads_per_second=(50,),
)
"""For tests: every part once, in seconds."""
