"""The arrival trace as running sums, so that any stretch of calls costs a few look-ups.

A stretch is read at whatever speed: gaps are divided by their mean, so that one unit of traffic is
one call on average. Bursts and lulls of the trace, and which lengths came after which, stay.
"""

import csv
import gzip
import io
import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).parent / "data" / "llm_inference_trace_conversation.csv.gz"
"""``data/NOTICE`` says where it comes from."""
BLOCK_CALLS = 300
"""So many calls in a row are taken from one place of the trace, about a minute of it."""


class Tokens(NamedTuple):
    """Calls, and tokens of their prompts and answers."""

    calls: int
    context: int
    generated: int


@dataclass(frozen=True, slots=True)
class Trace:
    """Running sums; the one at ``n`` is of the first ``n`` calls."""

    arrivals: Sequence[float]
    """In units of the mean gap."""
    context: Sequence[int]
    generated: Sequence[int]


@cache
def trace() -> Trace:
    """The whole file."""
    text = gzip.decompress(FILE.read_bytes()).decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    moments = [datetime.fromisoformat(row["TIMESTAMP"][:26]).timestamp() for row in rows]
    gaps = [after - before for before, after in pairwise(moments)]
    mean = sum(gaps) / len(gaps)
    return Trace(
        arrivals=list(accumulate((gap / mean for gap in gaps), initial=0.0)),
        context=list(accumulate((int(row["ContextTokens"]) for row in rows[1:]), initial=0)),
        generated=list(accumulate((int(row["GeneratedTokens"]) for row in rows[1:]), initial=0)),
    )


class Calls:
    """An endless stream of calls: blocks of the trace, from places drawn by chance."""

    def __init__(self, chance: random.Random) -> None:
        self._chance, self._trace = chance, trace()
        self._jump()

    def take(self, traffic: float) -> Tokens:
        """The calls of this much traffic, ``traffic`` of them on average."""
        calls = context = generated = 0
        while True:
            block_end = self._trace.arrivals[self._block_end]
            until = min(self._at + traffic, block_end)
            stop = min(bisect_right(self._trace.arrivals, until) - 1, self._block_end)
            calls += stop - self._call
            context += self._trace.context[stop] - self._trace.context[self._call]
            generated += self._trace.generated[stop] - self._trace.generated[self._call]
            if self._at + traffic < block_end:
                self._at, self._call = until, stop
                return Tokens(calls, context, generated)
            traffic -= block_end - self._at
            self._jump()

    def _jump(self) -> None:
        self._call = self._chance.randrange(len(self._trace.arrivals) - 1 - BLOCK_CALLS)
        self._block_end = self._call + BLOCK_CALLS
        self._at = self._trace.arrivals[self._call]
