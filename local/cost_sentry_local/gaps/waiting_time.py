"""How long a task has really taken: time spent waiting for a local worker does not count.

On AWS nothing waits for a worker (`lambda_concurrency` makes it so here), so a state's
`TimeoutSeconds` must not run out in a queue that AWS does not have.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Stopwatch:
    """Counts the seconds of one task, without those spent in the queue."""

    def __init__(self) -> None:
        """Start counting."""
        self._started = time.monotonic()
        self._waited = 0.0
        self._waiting_since: float | None = None

    def seconds(self) -> float:
        """Seconds worked so far."""
        now = self._waiting_since or time.monotonic()
        return now - self._started - self._waited

    def pause(self) -> None:
        """The task joins the queue."""
        self._waiting_since = time.monotonic()

    def go_on(self) -> None:
        """The task has its worker."""
        if self._waiting_since is not None:
            self._waited += time.monotonic() - self._waiting_since
            self._waiting_since = None


current_stopwatch: ContextVar[Stopwatch | None] = ContextVar("stopwatch", default=None)


@contextmanager
def in_queue() -> Iterator[None]:
    """Stop the watch of the task that runs in this context, if any."""
    stopwatch = current_stopwatch.get()
    if stopwatch is None:
        yield
        return
    stopwatch.pause()
    try:
        yield
    finally:
        stopwatch.go_on()
