"""Cold start of ``admit_request`` beside LiteLLM's proxy, each in new processes, in turn."""

import sys
from collections.abc import Callable
from typing import Any

from benchmarks.budget import litellm_environment
from benchmarks.budget.plan import Plan
from benchmarks.shared.cold_start import Probe, deployed, median, start

Json = dict[str, Any]


def cold_starts(*, litellm: bool, plan: Plan, say: Callable[[str], None]) -> tuple[Json, Json]:
    """Medians; every start in the details."""
    found: dict[str, list[Probe]] = {"ours": [], "ours, no bytecode": [], "litellm": []}
    with deployed() as (compiled, plain):
        start([sys.executable], compiled, "ours")  # the disk is warm for everyone
        for number in range(plan.cold_starts):
            say(f"cold start {number + 1} of {plan.cold_starts}")
            found["ours"].append(start([sys.executable], compiled, "ours"))
            found["ours, no bytecode"].append(start([sys.executable], plain, "ours"))
            if litellm:
                python = [str(litellm_environment.PYTHON)]
                found["litellm"].append(start(python, litellm_environment.environment(), "litellm"))
    figures = {name: median(found[name]) for name in ("ours", "litellm")}
    return figures, {name: starts for name, starts in found.items() if starts}
