"""LiteLLM's side of the benchmark, in LiteLLM's own environment: JSON lines in, JSON lines out.

Started by ``benchmarks.budget.litellm_process``. Imports nothing of the sentry.
"""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # the bundled price table, no download
os.environ["LITELLM_LOG"] = "CRITICAL"

from benchmarks.budget.litellm_side import burst
from benchmarks.budget.litellm_side.closed_loop import closed_loop
from benchmarks.budget.litellm_side.hold_cpu import hold_cpu_us
from benchmarks.budget.litellm_side.proxy_budget import ProxyBudget


def verbs(proxy: ProxyBudget) -> dict[str, Callable[..., Awaitable[Any]]]:
    """What may be asked for, by name; arguments as in the request."""

    async def versions() -> dict[str, str]:
        return {"litellm": version("litellm"), "python": sys.version.split()[0]}

    return {
        "versions": versions,
        "closed_loop": lambda **given: closed_loop(proxy, **given),
        "hold_cpu_us": lambda **given: hold_cpu_us(proxy, **given),
        "burst_reservation": lambda **given: burst.reservation(proxy, **given),
        "burst_router_provider": burst.router_provider,
        "burst_session": burst.session,
        "burst_sdk": burst.sdk,
    }


async def main() -> None:
    """Answer until the input ends. Whatever LiteLLM prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    known = verbs(ProxyBudget())
    for line in sys.stdin:
        asked = json.loads(line)
        answer = await known[asked.pop("verb")](**asked)
        answers.write(json.dumps({"answer": answer}) + "\n")
        answers.flush()


if __name__ == "__main__":
    asyncio.run(main())
