"""How much more is held than is spent, on a published workload.

The workload is the sample of the Azure LLM inference trace (conversations, 2023) that the
repository ships: real pairs of prompt and answer lengths. It has no prompts, so texts of that many
tokens are made up. Nor does it say what was declared as ``maxTokens``: the figure is for the next
multiple of 256 above what was written, as the demo declares it, on the model that every section
asks for. One limit for all calls, and dearer models, whose prompts are dear enough to be counted,
are told beside it.
"""

import statistics
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.budget.bench_sentry import MODEL, MODELS, request, request_id
from benchmarks.budget.plan import Plan
from benchmarks.budget.virtual_table import VirtualSentry
from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.window import WindowKind
from cost_sentry_local.demo.prompts import words
from cost_sentry_local.demo.trace import TracedCall, read_trace

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
STEP_TOKENS = 256
ONE_LIMIT_TOKENS = 1_024
"""The next power of two above the longest answer of the trace, 1,000 tokens."""
_PLENTY = 10**18

Json = dict[str, Any]
Declared = Callable[[TracedCall], int]

STEP = f"the next multiple of {STEP_TOKENS} above the answer"
DECLARED: dict[str, Declared] = {
    STEP: lambda call: -(-(call.generated_tokens + 1) // STEP_TOKENS) * STEP_TOKENS,
    f"{ONE_LIMIT_TOKENS} for every call": lambda _call: ONE_LIMIT_TOKENS,
}


def reserved_over_real(plan: Plan, say: Callable[[str], None]) -> tuple[Json, Json]:
    """The mean ratio of the calls, and of all money; in the details by model and declared limit."""
    calls = read_trace(plan.traced_calls)
    details: Json = {}
    for model in MODELS:
        say(f"reserved over real on {model}")
        details[model] = {name: _ratios(calls, of, model) for name, of in DECLARED.items()}
    workload = (
        f"the first {len(calls)} calls of the Azure LLM inference trace 2023 (conversations,"
        f" CC BY 4.0) on {MODEL}; maxTokens is {STEP}"
    )
    found = details[MODEL][STEP]
    figures = {name: found[name] for name in ("mean", "sum_over_sum")}
    return {**figures, "workload": workload}, details


def _ratios(calls: tuple[TracedCall, ...], declared: Declared, model: str) -> Json:
    pairs = list(_reserved_and_real(calls, declared, model))
    ratios = [reserved / real for reserved, real in pairs]
    total = sum(reserved for reserved, _ in pairs) / sum(real for _, real in pairs)
    return {
        "mean": round(statistics.fmean(ratios), 3),
        "median": round(statistics.median(ratios), 3),
        "sum_over_sum": round(total, 3),
    }


def _reserved_and_real(
    calls: tuple[TracedCall, ...], declared: Declared, model: str
) -> Iterator[tuple[int, int]]:
    budget = Budget(id="plenty", scope={}, unit=Unit.USD, window=WindowKind.NONE, limit=_PLENTY)
    virtual = VirtualSentry(START, budget)
    for call in calls:
        now = START + timedelta(seconds=call.after_seconds)
        sentry = virtual.at(now)
        of = request(
            request_id(now, call.row), declared(call), text=words(call.context_tokens), model=model
        )
        decision = sentry.decide(of)
        if decision.reservation is None:
            raise RuntimeError(f"row {call.row}: {decision.message}")
        cost = sentry.settle(decision, call.generated_tokens, call.context_tokens)
        yield decision.reservation.quote_picodollars, cost
