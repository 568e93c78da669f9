"""How much longer one piece of work takes than another, on whatever machine this is."""

import time
from collections.abc import Callable

ROUNDS = 20


def times_as_long(work: Callable[[], object], ordinary: Callable[[], object]) -> float:
    """Both in turn, the least processor time of each: what else the machine does is neither's."""
    found = [(_seconds(work), _seconds(ordinary)) for _ in range(ROUNDS)]
    return min(one for one, _ in found) / min(other for _, other in found)


def _seconds(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before
