"""Step Functions: `MaxDelaySeconds` and `JitterStrategy` of a Retry.

docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-retrying.
The emulator backs off without either.
"""

import random
from typing import Any

from ministack.services import stepfunctions

Json = dict[str, Any]
_LONGEST_SECONDS = 31_622_400


def close() -> None:
    """Wrap the choice of a retrier, so that it comes with the delay already worked out."""
    find = stepfunctions._find_matching_retrier

    def find_with_delay(retriers: list[Json], error: str, counts: Json) -> tuple[Json | None, int]:
        retrier, place = find(retriers, error, counts)
        if retrier is None:
            return None, place
        delay = _delay_seconds(retrier, counts.get(place, 0))
        return {**retrier, "IntervalSeconds": delay, "BackoffRate": 1}, place

    stepfunctions._find_matching_retrier = find_with_delay


def _delay_seconds(retrier: Json, retries: int) -> float:
    grown = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** retries
    delay = min(grown, retrier.get("MaxDelaySeconds", _LONGEST_SECONDS))
    return random.uniform(0, delay) if retrier.get("JitterStrategy") == "FULL" else delay
