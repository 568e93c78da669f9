"""How much of everything one run measures."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Sizes; the shape of what comes out is the same for all of them."""

    splits: int
    """Random halves of each data set; each half is learned from once, and tested once."""
    resamples: int
    """Of the prompts, for an interval."""
    prompts_max: int | None
    """Of each data set; ``None``: all."""
    warm_up_calls: int
    cpu_calls: int
    """Decisions timed."""
    forgetful_calls: int
    """Decisions timed that remember nothing of the calls before."""
    warm_up_trips: int
    """Admissions before those whose round trips are counted."""
    counted_calls: int
    """Admissions whose round trips are counted."""
    cold_starts: int


FULL = Plan(
    splits=20,
    resamples=1_000,
    prompts_max=None,
    warm_up_calls=3_000,
    cpu_calls=3_000,
    forgetful_calls=100,
    warm_up_trips=150,
    counted_calls=150,
    cold_starts=7,
)
QUICK = Plan(
    splits=1,
    resamples=40,
    prompts_max=300,
    warm_up_calls=100,
    cpu_calls=100,
    forgetful_calls=2,
    warm_up_trips=30,
    counted_calls=20,
    cold_starts=1,
)
"""For tests: every part once, in seconds."""
