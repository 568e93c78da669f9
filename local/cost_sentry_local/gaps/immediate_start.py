"""Step Functions: an execution starts when it is asked to.

The emulator sleeps 150 ms before each; AWS starts Express executions within milliseconds.
"""

import time
from types import SimpleNamespace

from ministack.services import stepfunctions

_EMULATOR_PAUSE_SECONDS = 0.15


def close() -> None:
    """Give the interpreter a clock that does not sleep for that pause."""
    clock = SimpleNamespace(**{name: getattr(time, name) for name in dir(time) if name[0] != "_"})
    clock.sleep = _sleep
    stepfunctions.time = clock


def _sleep(seconds: float) -> None:
    if seconds != _EMULATOR_PAUSE_SECONDS:
        time.sleep(seconds)
