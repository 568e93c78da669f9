"""Round trips and write units of one call, for 1, 3 and 6 budgets on it, in a busy account.

One call a second of five seconds each goes through admission and settlement; the stream is
projected every second. What is counted comes after a minute, when the account remembers all that it
ever will at this rate.
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.budget.bench_sentry import MODEL, request
from benchmarks.budget.plan import Plan
from benchmarks.budget.virtual_table import VirtualSentry
from benchmarks.budget.wire_meter import CONFIG
from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.decision import Decision
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.window import WindowKind

BUDGETS_ON_A_CALL = (1, 3, 6)
DECLARED_TOKENS = 300
WRITTEN_TOKENS = 190
MODEL_SECONDS = 5
WARM_UP_SECONDS = 75
START = datetime(2026, 11, 21, 12, tzinfo=UTC)
CALL, PROJECTION = "admit and settle", "projecting the stream"
_SCOPES: tuple[dict[str, str], ...] = (
    {},
    {"team": "search"},
    {"application": "web"},
    {"user": "ann"},
    {"session": "session-1"},
    {"model": base_model_id(MODEL)},
)
_TAGS = {"team": "search", "application": "web", "user": "ann", "session": "session-1"}
_PLENTY = 10**18

Json = dict[str, Any]


def wire(plan: Plan, say: Callable[[str], None]) -> tuple[Json, Json]:
    """Averages over the counted calls; the details have projection, reads and configuration."""
    figures, details = {}, {}
    for budgets in BUDGETS_ON_A_CALL:
        say(f"counting at the wire, {budgets} budgets on a call")
        told = _counted(budgets, plan.metered_calls)
        figures[str(budgets)] = {n: told[CALL][n] for n in ("round_trips", "write_units")}
        details[str(budgets)] = told
    return figures, details


def _counted(budgets: int, calls: int) -> Json:
    of_call = (_budget(number, _SCOPES[number]) for number in range(budgets))
    virtual = VirtualSentry(START, *of_call, metered=True)
    meter = virtual.meter
    running: list[Decision] = []
    for second in range(WARM_UP_SECONDS + calls):
        if second == WARM_UP_SECONDS:
            meter.start_again()
        with meter.doing(PROJECTION):
            sentry = virtual.at(START + timedelta(seconds=second))
        with meter.doing(CALL):
            running.append(sentry.decide(request(f"call-{second:05d}", DECLARED_TOKENS, _TAGS)))
            if len(running) > MODEL_SECONDS:
                sentry.settle(running.pop(0), WRITTEN_TOKENS)
    return {
        kind: {name: round(n / calls, 3) for name, n in asdict(meter.count(kind)).items()}
        for kind in (CALL, PROJECTION, CONFIG)
    }


def _budget(number: int, scope: dict[str, str]) -> Budget:
    """As in real use, half of them run for a day and half for a month."""
    window = WindowKind.DAY if number % 2 else WindowKind.MONTH
    name = f"{next(iter(scope), 'organisation')}-{window.value}"
    return Budget(id=name, scope=scope, unit=Unit.USD, window=window, limit=_PLENTY)
