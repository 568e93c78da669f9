"""Process CPU of something that is done again and again."""

import time
from collections.abc import Callable, Sequence

Percentiles = dict[str, float]


def microseconds(once: Callable[[], object]) -> float:
    """Of the process, while it does this once."""
    before = time.process_time_ns()
    once()
    return (time.process_time_ns() - before) / 1000


def percentiles(found: Sequence[float]) -> Percentiles:
    """``p50`` and ``p99``."""
    ordered = sorted(found)
    return {name: round(ordered[int(len(ordered) * q)], 1) for name, q in _SHARES}


_SHARES = (("p50", 0.5), ("p99", 0.99))
