"""One run: every section in turn, LiteLLM's beside ours where it has one."""

import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from benchmarks.budget import litellm_environment
from benchmarks.budget.bench_sentry import BOOK
from benchmarks.budget.burst import bursts
from benchmarks.budget.closed_loop import closed_loops
from benchmarks.budget.cloudwatch_design import cloudwatch_design
from benchmarks.budget.cold_start import cold_starts
from benchmarks.budget.decision_cpu import decision_cpu
from benchmarks.budget.hot_budget import hot_budgets
from benchmarks.budget.litellm_process import LiteLlm, running_litellm
from benchmarks.budget.plan import Plan
from benchmarks.budget.reserved_over_real import reserved_over_real
from benchmarks.budget.store import running_store
from benchmarks.budget.usd_per_million import usd_per_million_calls
from benchmarks.budget.wire import counts_by_budgets, wire
from benchmarks.shared.checkout import checkout

Json = dict[str, Any]
Say = Callable[[str], None]


def measure(plan: Plan, say: Say, *, litellm: bool) -> Json:
    """``about``, ``figures`` in the shape that is compared between releases, and ``details``."""
    began, source = time.monotonic(), checkout()
    if litellm:
        say("LiteLLM's environment")
        litellm_environment.install()
    parts = {"cold_start": cold_starts(litellm=litellm, plan=plan, say=say)}
    with _litellm_if(litellm) as theirs:
        versions = _versions(theirs)
        parts["decision_cpu_us"] = decision_cpu(theirs, plan, say)
        # From here on nothing is timed: what follows counts, or has a time of its own.
        with hot_budgets(plan) as hot:
            with running_store(plan.burst_callers) as store:
                versions["DynamoDB of loops and bursts"] = store.engine
                parts["closed_loop"] = closed_loops(store.client, theirs, plan, say)
                parts["burst"] = bursts(store.client, theirs, plan, say)
            parts["cloudwatch_design"] = cloudwatch_design(plan, say)
            parts["reserved_over_real"] = reserved_over_real(plan, say)
            counts = counts_by_budgets(plan, say)
            parts["wire"] = wire(counts)
            parts["hot_budget"] = hot(say)
    return {
        "about": {
            "date": datetime.now(tz=UTC).date().isoformat(),
            "processors": os.cpu_count(),
            "source": source,
            "versions": versions,
            "seeds": plan.seeds,
            "seconds": round(time.monotonic() - began),
            "notes": [] if litellm else ["LiteLLM's side is left out of this run."],
        },
        "figures": {**_figures(parts), "usd_per_million_calls": usd_per_million_calls(counts)},
        "details": {name: details for name, (_, details) in parts.items() if details},
    }


_ORDER = (
    "closed_loop",
    "burst",
    "cloudwatch_design",
    "reserved_over_real",
    "decision_cpu_us",
    "cold_start",
    "wire",
    "hot_budget",
)


def _figures(parts: dict[str, tuple[Json, Json]]) -> Json:
    """In the order of the issue that asked for them."""
    return {name: parts[name][0] for name in _ORDER}


@contextmanager
def _litellm_if(wanted: bool) -> Iterator[LiteLlm | None]:  # noqa: FBT001
    if not wanted:
        yield None
        return
    with running_litellm() as litellm:
        yield litellm


def _versions(litellm: LiteLlm | None) -> dict[str, str]:
    ours = {
        "cost-sentry": version("cost-sentry"),
        "price book": BOOK.version,
        "Python": platform.python_version(),
        "boto3": version("boto3"),
    }
    return ours if litellm is None else {**ours, "LiteLLM": litellm.ask("versions")["litellm"]}
