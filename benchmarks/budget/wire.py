"""Round trips and write units of one call, for 1, 3 and 6 budgets on it, in a busy account."""

from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from benchmarks.budget.bench_sentry import MODEL
from benchmarks.budget.call_meter import CallCounts, counted
from benchmarks.budget.plan import Plan
from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.window import WindowKind

BUDGETS_ON_A_CALL = (1, 3, 6)
CALLS_PER_MINUTE = 60
MODEL_SECONDS = 5
_SCOPES: tuple[dict[str, str], ...] = (
    {},
    {"team": "search"},
    {"application": "web"},
    {"user": "ann"},
    {"chat-id": "session-1"},
    {"model": base_model_id(MODEL)},
)
_PLENTY = 10**18

Json = dict[str, Any]
Counts = dict[int, CallCounts]


def counts_by_budgets(plan: Plan, say: Callable[[str], None]) -> Counts:
    """By how many budgets are on a call."""
    found = {}
    for number in BUDGETS_ON_A_CALL:
        say(f"counting at the wire, {number} budgets on a call")
        found[number] = counted(
            [_budget(place, _SCOPES[place]) for place in range(number)],
            calls_per_minute=CALLS_PER_MINUTE,
            model_seconds=MODEL_SECONDS,
            calls=plan.metered_calls,
        )
    return found


def wire(counts: Counts) -> tuple[Json, Json]:
    """Averages of a call; the details have projection, reads and configuration."""
    figures = {
        str(number): {
            "round_trips": average(of.call.round_trips, of),
            "write_units": average(of.call.write_units, of),
        }
        for number, of in counts.items()
    }
    return figures, {str(number): asdict(of) for number, of in counts.items()}


def average(total: int, of: CallCounts) -> float:
    """Of one call, to the third decimal."""
    return round(float(Decimal(total) / of.calls), 3)


def _budget(place: int, scope: dict[str, str]) -> Budget:
    """As in real use, half of them run for a day and half for a month."""
    window = WindowKind.DAY if place % 2 else WindowKind.MONTH
    name = f"{next(iter(scope), 'organisation')}-{window.value}"
    return Budget(id=name, scope=scope, unit=Unit.USD, window=window, limit=_PLENTY)
