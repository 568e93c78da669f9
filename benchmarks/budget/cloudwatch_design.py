"""What a check against late metrics lets through, beside the ledger, on the same virtual traffic.

The published design reads CloudWatch's token metrics before each call. What it reads is as old as
the metrics are late, so it goes on saying yes for as long after the budget is used up. Ours is the
real admission and ledger on a model of DynamoDB; no time passes but the virtual.
"""

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.budget.bench_sentry import quote_of, request
from benchmarks.budget.plan import Plan
from benchmarks.budget.virtual_table import VirtualSentry
from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.decision import Decision
from cost_sentry.domain.money import PICODOLLARS_PER_DOLLAR
from cost_sentry.domain.window import WindowKind

CALLS_PER_SECOND = 50
CALL_PICODOLLARS = PICODOLLARS_PER_DOLLAR // 50
"""Two cents."""
PAYS_FOR_SECONDS = 10
"""The budget pays for this much of the traffic."""
MODEL_SECONDS = 5
APPLICATIONS = 100
"""That share the budget."""
START = datetime(2026, 11, 21, 12, tzinfo=UTC)

Json = dict[str, Any]


def cloudwatch_design(plan: Plan, say: Callable[[str], None]) -> tuple[Json, Json]:
    """Dollars past the limit on both sides."""
    say("late metrics")
    late = plan.cloudwatch_seconds
    limit = CALL_PICODOLLARS * CALLS_PER_SECOND * PAYS_FOR_SECONDS
    calls = (PAYS_FOR_SECONDS + late) * CALLS_PER_SECOND
    ours, refused = _ours(limit, calls)
    figures = {
        "overshoot_usd": _dollars(_theirs(limit, calls + CALLS_PER_SECOND, late) - limit),
        "ours_overshoot_usd": _dollars(max(0, ours - limit)),
    }
    told = {"late_seconds": late, "limit_usd": _dollars(limit), "ours_spent_usd": _dollars(ours)}
    return figures, {**told, "calls": calls, "ours_refused": refused}


def _theirs(limit: int, calls: int, late_seconds: int) -> int:
    """Spent when the check first sees the limit reached; each call costs at once, at its start."""
    spent_at: list[int] = []
    spent = 0
    for number in range(calls):
        seen_call = number - late_seconds * CALLS_PER_SECOND - 1
        seen = spent_at[seen_call] if seen_call >= 0 else 0
        if seen < limit:
            spent += CALL_PICODOLLARS
        spent_at.append(spent)
    return spent


def _ours(limit: int, calls: int) -> tuple[int, int]:
    """Spent by the same traffic, and how many were refused."""
    budget = Budget(id="hard", scope={}, unit=Unit.USD, window=WindowKind.NONE, limit=limit)
    virtual = VirtualSentry(START, budget)
    declared = _declared_tokens()
    running: deque[tuple[datetime, Decision]] = deque()
    refused = 0
    for number in range(calls):
        now = START + timedelta(seconds=number / CALLS_PER_SECOND)
        while running and running[0][0] <= now:
            ends_at, ended = running.popleft()
            virtual.at(ends_at).settle_in_full(ended)
        tags = {"team": "search", "application": f"app-{number % APPLICATIONS}"}
        decision = virtual.at(now).decide(request(f"call-{number}", declared, tags))
        if decision.reservation is None:
            refused += 1
        else:
            running.append((now + timedelta(seconds=MODEL_SECONDS), decision))
    for ends_at, decision in running:
        virtual.at(ends_at).settle_in_full(decision)
    return virtual.sentry.balance(budget).posted, refused


def _declared_tokens() -> int:
    """The output limit at which a call, used in full, costs what a call costs here."""
    of_one_token = quote_of(2) - quote_of(1)
    return 1 + (CALL_PICODOLLARS - quote_of(1)) // of_one_token


def _dollars(amount: int) -> float:
    return amount / PICODOLLARS_PER_DOLLAR
