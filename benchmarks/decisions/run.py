"""One run: what a decision takes, and what routing is worth on prompts with known answers."""

import os
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from benchmarks.budget.bench_sentry import BOOK
from benchmarks.decisions.answered import FILES, answered, prices
from benchmarks.decisions.cold_start import cold_start
from benchmarks.decisions.decision_cpu import decision_cpu
from benchmarks.decisions.plan import Plan
from benchmarks.decisions.round_trips import round_trips
from benchmarks.decisions.routing import routing
from benchmarks.shared.checkout import checkout

Json = dict[str, Any]


def measure(plan: Plan, say: Callable[[str], None]) -> Json:
    """``about``, ``figures`` in the shape that is compared between releases, and ``details``."""
    began, source = time.monotonic(), checkout()
    parts = {"cold_start": cold_start(plan, say)}
    prompts = [prompt.text for name in FILES for prompt in answered(name)]
    parts["decide_cpu_us"] = decision_cpu(prompts, plan, say)
    counted = round_trips(prompts, plan, say)
    parts["routing"] = routing(plan, say)
    return {
        "about": {
            "date": datetime.now(tz=UTC).date().isoformat(),
            "processors": os.cpu_count(),
            "source": source,
            "versions": {
                "cost-sentry": version("cost-sentry"),
                "price book": BOOK.version,
                "Python": platform.python_version(),
                "cedarpy": version("cedarpy"),
            },
            "models": {which: prices()[which]["model"] for which in ("cheap", "dear")},
            "splits": plan.splits,
            "resamples": plan.resamples,
            "seconds": round(time.monotonic() - began),
        },
        "figures": {name: parts[name][0] for name in ("decide_cpu_us", "cold_start", "routing")},
        "details": {
            "round_trips": counted,
            **{name: details for name, (_, details) in parts.items()},
        },
    }
