"""Many callers at once."""

import random
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def race(callers: int, calls: int, work: Callable[[int], Any]) -> list[Any]:
    """``work(0)`` to ``work(calls - 1)``, so many at a time; results in that order.

    Nobody begins before all callers are there. An error is raised once all have ended.
    """
    ready = threading.Barrier(min(callers, calls))
    with ThreadPoolExecutor(ready.parties, initializer=ready.wait) as pool:
        return list(pool.map(work, range(calls)))


def race_steps(callers: int, steps: Iterable[Callable[[], Any]]) -> list[Any]:
    """Steps of several kinds in one order for all runs, so many at a time."""
    mixed = list(steps)
    random.Random(7).shuffle(mixed)
    return race(callers, len(mixed), lambda number: mixed[number]())
