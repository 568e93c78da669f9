"""When fifty endpoints are called in a week, made of the gaps and answers of a real trace.

Each endpoint reads the trace from a place of its own, drawn by chance. Gaps are divided by their
mean and stretched to the endpoint's own number of calls, faster and slower by the rhythm of its day
and week; so bursts and lulls are real, and who calls when is made up. A call lasts as long as its
answer is: 25 ms a token and half a second before the first.
"""

import csv
import gzip
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

FILE = Path(__file__).parent / "data" / "llm_inference_trace_conversation.csv.gz"
"""``data/NOTICE`` says where it comes from."""
RHYTHMS = ("office", "customers", "batch")
_SATURDAY = 5
_OFFICE, _EVENING, _BATCH = range(8, 18), range(7, 23), range(1, 4)


@dataclass(frozen=True, slots=True)
class Calls:
    """The trace: gaps in units of their mean, and tokens of the answers."""

    gaps: tuple[float, ...]
    tokens: tuple[int, ...]


@cache
def trace() -> Calls:
    """The whole file."""
    text = gzip.decompress(FILE.read_bytes()).decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    moments = [datetime.fromisoformat(row["TIMESTAMP"][:26]).timestamp() for row in rows]
    gaps = [after - before for before, after in pairwise(moments)]
    mean = sum(gaps) / len(gaps)
    return Calls(
        gaps=tuple(gap / mean for gap in gaps),
        tokens=tuple(int(row["GeneratedTokens"]) for row in rows[1:]),
    )


def rate(rhythm: str, moment: datetime) -> float:
    """How busy this hour is, beside the busiest of the week."""
    is_weekend = moment.weekday() >= _SATURDAY
    match rhythm:
        case "office":
            return 0.002 if is_weekend or moment.hour not in _OFFICE else 1.0
        case "customers":
            return 1.0 if moment.hour in _EVENING else 0.02
        case _:
            return 1.0 if moment.hour in _BATCH else 0.0


def arrivals(
    rhythm: str, per_busy_hour: float, start: datetime, end: datetime, chance: random.Random
) -> Iterator[tuple[datetime, float]]:
    """Moments and seconds of every call of one endpoint, in order."""
    calls = trace()
    at = chance.randrange(len(calls.gaps))
    moment, owed = start, calls.gaps[at]
    minute = timedelta(minutes=1)
    while moment < end:
        traffic = rate(rhythm, moment) * per_busy_hour / 60
        if traffic >= owed:
            for _ in range(len(calls.gaps)):
                yield moment + minute * (owed / traffic), 0.5 + 0.025 * calls.tokens[at]
                at = (at + 1) % len(calls.gaps)
                owed += calls.gaps[at]
                if owed > traffic:
                    break
        owed -= traffic
        moment += minute
