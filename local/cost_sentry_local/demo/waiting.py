"""Waiting for what the sentry does in its own time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_WAIT_SECONDS = 60.0
_POLL_SECONDS = 0.2


class RuleNotMet(Exception):  # noqa: N818 - named as what a person will read
    """What a scene waited for did not come."""


def pause() -> None:
    """Before one asks again."""
    time.sleep(_POLL_SECONDS)


def when(found: Callable[[], T | None], otherwise: str, seconds: float = _WAIT_SECONDS) -> T:
    """The first that is found; ``RuleNotMet`` if there is none in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if it := found():
            return it
        pause()
    raise RuleNotMet(f"{otherwise} within {seconds:.0f} seconds")
