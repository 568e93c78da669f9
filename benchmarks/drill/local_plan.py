"""How much the drill on the local cloud does, and what it says meanwhile."""

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Numbers of what takes time."""

    calls_past: int = 900
    own_calls: int = 60
    lags_seconds: tuple[float, ...] = (0, 20, 235)
    """Of metrics, of equal shares of the calls past the sentry: the last come after a run that has
    compared their minute already."""
    throttled: int = 20
    """Of the calls past the sentry, by the stand-in: neither billed nor metered as calls."""
    booked_within_seconds: float = 90
    """After the last minute can be compared; what is not booked by then is adrift."""
    endpoints: int = 12
    callers: int = 3
    """Of each endpoint, at once."""
    runaways: int = 3
    runaway_calls: int = 12
    order_length: int = 3
    """Events of an order, the asking among them."""


def say(text: str) -> None:
    """Progress, for whoever waits."""
    sys.stderr.write(f"  {datetime.now(UTC):%H:%M:%S}  {text}\n")
    sys.stderr.flush()


def sleep_until(moment: datetime) -> None:
    """By the clock of this machine, which is that of the functions."""
    seconds = (moment - datetime.now(UTC)).total_seconds()
    if seconds > 0:
        say(f"waiting {seconds:.0f} s, until {moment:%H:%M:%S}")
        time.sleep(seconds)
