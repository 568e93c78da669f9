"""The closed loop on LiteLLM's key budget, as its proxy's auth dependency drives it."""

import asyncio
import random
from typing import Any

from benchmarks.budget.litellm_side.proxy_budget import ProxyBudget, body
from benchmarks.budget.loop_watch import LoopWatch

DECLARED_TOKENS = 4_096
RESERVATIONS = 20
"""The budget pays for so many whole holds."""


async def closed_loop(
    proxy: ProxyBudget, *, strict: bool, seed: int, callers: int, quiet_seconds: float
) -> dict[str, Any]:
    """Every call uses 5 to 100 % of its estimate; whoever is refused waits and asks again."""
    estimate = await proxy.estimate(DECLARED_TOKENS)
    watch = LoopWatch(budget=estimate * RESERVATIONS, callers=callers)
    key = proxy.key(watch.budget)

    async def caller(number: int) -> None:
        chance = random.Random(seed * 1000 + number)
        while not watch.is_quiet(quiet_seconds):
            entered = watch.enter()
            hold = await proxy.try_reserve(body(DECLARED_TOKENS), strict=strict, key=key)
            if hold is None:
                watch.refused(entered, estimate)
                await asyncio.sleep(chance.uniform(0.005, 0.010))
                continue
            watch.admitted(entered, estimate)
            cost = estimate * chance.uniform(0.05, 1.0)
            await asyncio.sleep(chance.uniform(0.002, 0.030))
            await proxy.settle(hold, cost)
            watch.settled(estimate, cost)

    await asyncio.gather(*(caller(number) for number in range(callers)))
    return {
        "spent_over_budget": watch.spent / watch.budget,
        "calls": watch.calls,
        "refusals": watch.refusals,
        "false_refusals": watch.false_refusals(),
    }
