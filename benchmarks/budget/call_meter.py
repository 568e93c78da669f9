"""Calls of one account at a steady rate, counted at the wire once it is as large as it gets.

Each call is admitted, takes its model's time, and is settled; the stream is projected as often as
it is delivered. Counting begins when shards have found their size, and remember as much as they do.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from benchmarks.budget.bench_sentry import request, request_id
from benchmarks.budget.virtual_table import VirtualSentry
from benchmarks.budget.wire_meter import CONFIG, Count
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.decision import Decision

DECLARED_TOKENS = 300
WRITTEN_TOKENS = 190
WARM_UP = timedelta(minutes=5)
START = datetime(2026, 11, 21, 12, tzinfo=UTC)
TAGS = {"team": "search", "application": "web", "user": "ann", "chat-id": "session-1"}
_CALL, _PROJECTION = "a call", "a projection"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCounts:
    """Of so many calls together."""

    calls: int
    call: Count
    """Admitting and settling."""
    projection: Count
    """From the stream into the journal and the totals, and what the account forgets then."""
    batches: int
    """Runs of the projection."""
    config: Count
    """Reading the configuration, at most once a second however many calls there are."""


def counted(
    budgets: Sequence[Budget], *, calls_per_minute: int, model_seconds: int, calls: int
) -> CallCounts:
    """Run an account at this rate, then count some calls from admission to projection."""
    virtual = VirtualSentry(START, *budgets, metered=True, on_projection=_PROJECTION)
    meter = virtual.meter
    running: list[tuple[datetime, int, Decision]] = []
    before = -(-int(WARM_UP.total_seconds()) * calls_per_minute // 60)

    def settle_until(moment: datetime) -> None:
        while running and running[0][0] <= moment:
            ends_at, _, decision = heapq.heappop(running)
            sentry = virtual.at(ends_at)
            with meter.doing(_CALL):
                sentry.settle(decision, WRITTEN_TOKENS)

    for number in range(before + calls):
        now = START + timedelta(minutes=number / calls_per_minute)
        settle_until(now)
        sentry = virtual.at(now)
        if number == before:
            meter.start_again()
            batches = virtual.batches
        with meter.doing(_CALL):
            decision = sentry.decide(request(request_id(now, number), DECLARED_TOKENS, TAGS))
        heapq.heappush(running, (now + timedelta(seconds=model_seconds), number, decision))
    return CallCounts(
        calls=calls,
        call=meter.count(_CALL),
        projection=meter.count(_PROJECTION),
        batches=virtual.batches - batches,
        config=meter.count(CONFIG),
    )
