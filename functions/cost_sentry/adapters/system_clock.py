"""The machine's time, and waiting; the one place that has either."""

import random
import time
from datetime import UTC, datetime

PAUSE_SECONDS_MAX = 0.2


class SystemClock:
    """``application.ports.Clock``."""

    def now(self) -> datetime:
        """See the port."""
        now = datetime.now(tz=UTC)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)


def pause(attempt: int) -> None:
    """Wait after the n-th meeting with another writer: full jitter, doubling to 0.2 s.

    Full jitter spreads competing writers best; see "Exponential Backoff and Jitter", AWS
    Architecture Blog, 2015.
    """
    time.sleep(random.uniform(0, min(PAUSE_SECONDS_MAX, 0.002 * 2.0 ** min(attempt, 10))))


RETRY_SECONDS_MIN, RETRY_SECONDS_MAX = 0.2, 0.8


def pause_before_retry() -> None:
    """Wait before a model is asked again that has just refused; not all at the same moment."""
    time.sleep(random.uniform(RETRY_SECONDS_MIN, RETRY_SECONDS_MAX))
