"""How long one question to a throttled table goes on."""

from collections.abc import Callable
from typing import TypeVar

from cost_sentry.domain.errors import LedgerThrottled

THROTTLED_MAX = 6
"""Throttled answers before giving up; boto3's client waits up to a second before each."""
Answer = TypeVar("Answer")


class Patience:
    """With a table that answers "not now": a function must say no before its own time is up."""

    def __init__(self, pause: Callable[[int], None], throttled_max: int = THROTTLED_MAX) -> None:
        self._pause = pause
        self._left = throttled_max
        self._waits = 0

    @property
    def has_waited(self) -> bool:
        """Whether time has passed since the first question."""
        return self._waits > 0

    def count(self, throttled: LedgerThrottled) -> None:
        """One more; raises it if it was the last."""
        self._left -= 1
        if self._left <= 0:
            raise throttled

    def met(self, throttled: LedgerThrottled) -> None:
        """Count it, and wait a little."""
        self.count(throttled)
        self._pause(self._waits)
        self._waits += 1

    def asked(self, ask: Callable[[], Answer]) -> Answer:
        """The answer, as soon as there is one."""
        while True:
            try:
                return ask()
            except LedgerThrottled as throttled:
                self.met(throttled)
