"""CPU time of one hold, counters in memory."""

import time

from benchmarks.budget.litellm_side.proxy_budget import PLENTY_DOLLARS, ProxyBudget, body

DECLARED_TOKENS = 100
WARM_UP_CALLS = 100
REAL_DOLLARS = 1e-6


async def hold_cpu_us(proxy: ProxyBudget, calls: int, text: str) -> list[float]:
    """Microseconds of process CPU of each ``reserve_budget_for_request``; settled in between."""
    key = proxy.key(PLENTY_DOLLARS)
    found = []
    for number in range(WARM_UP_CALLS + calls):
        before = time.process_time_ns()
        hold = await proxy.try_reserve(body(DECLARED_TOKENS, text), strict=False, key=key)
        spent = time.process_time_ns() - before
        if hold is None:
            raise RuntimeError("LiteLLM refused a call that its budget can pay for")
        await proxy.settle(hold, REAL_DOLLARS)
        if number >= WARM_UP_CALLS:
            found.append(spent / 1000)
    return found
