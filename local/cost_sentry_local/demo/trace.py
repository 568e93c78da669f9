"""Real traffic: when calls arrived at a production service, and how long they were."""

import csv
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cost_sentry_local.layout import PROJECT

SAMPLE = PROJECT / "examples" / "trace-sample.csv"
_MICROSECOND_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedCall:
    """One row of the trace."""

    row: int
    """Counted from 1, as the trace has no ids."""
    after_seconds: float
    """Since the first row arrived."""
    context_tokens: int
    generated_tokens: int


class TraceTooShort(Exception):  # noqa: N818 - named as the message reads
    """More calls were asked for than the sample holds."""


def read_trace(calls: int, path: Path = SAMPLE) -> tuple[TracedCall, ...]:
    """The first ``calls`` rows, in the order of their arrival.

    Raises:
        TraceTooShort: the message says how many there are.
    """
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    if calls > len(rows):
        raise TraceTooShort(f"{calls} calls were asked for; {path.name} has {len(rows)}")
    arrivals = [_arrival(row["TIMESTAMP"]) for row in rows[:calls]]
    return tuple(
        TracedCall(
            row=number,
            after_seconds=(arrival - arrivals[0]).total_seconds(),
            context_tokens=int(row["ContextTokens"]),
            generated_tokens=int(row["GeneratedTokens"]),
        )
        for number, (row, arrival) in enumerate(zip(rows, arrivals, strict=False), start=1)
    )


def _arrival(text: str) -> datetime:
    """The trace has seven decimals; a datetime keeps six."""
    whole, _, fraction = text.partition(".")
    return datetime.fromisoformat(f"{whole}.{fraction[:_MICROSECOND_DIGITS]}")
