"""Everybody at once on a budget that pays for a few, on each of LiteLLM's enforcement paths.

A call costs exactly its estimate; the answer comes after ``ANSWER_SECONDS``.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import litellm
from litellm import Router
from litellm.caching.caching import DualCache
from litellm.proxy._types import UserAPIKeyAuth
from litellm.proxy.agent_endpoints.agent_registry import global_agent_registry
from litellm.proxy.hooks.max_budget_per_session_limiter import _PROXY_MaxBudgetPerSessionHandler
from litellm.proxy.utils import InternalUsageCache

from benchmarks.budget.litellm_side.proxy_budget import MODEL, ProxyBudget, body

ANSWER_SECONDS = 0.2
DECLARED_TOKENS = 1_000
SETTLES_SECONDS = 0.05
"""What LiteLLM starts in the background has begun after this."""
_REPLY = "word " * 200
_PROMPT = [{"role": "user", "content": "hi"}]


async def reservation(
    proxy: ProxyBudget, *, scope: str, strict: bool, callers: int, pays_for: int
) -> int:
    """How many holds a key, team or user budget admits."""
    unit = await proxy.estimate(DECLARED_TOKENS)
    budget = unit * pays_for
    key = proxy.key(budget if scope == "key" else None)
    owner = {"team": proxy.team, "user": proxy.user}.get(scope)
    who = {"key": key} if owner is None else {"key": key, scope: owner(budget)}

    async def one() -> bool:
        hold = await proxy.try_reserve(body(DECLARED_TOKENS), strict=strict, **who)
        if hold is None:
            return False
        await asyncio.sleep(ANSWER_SECONDS)
        await proxy.settle(hold, unit)
        return True

    return await _admitted(one, callers)


async def router_provider(callers: int, pays_for: int) -> int:
    """How many the Router's ``provider_budget_config`` lets through."""
    budget = await _reply_dollars() * pays_for
    deployment = {
        "model_name": "m",
        "model_info": {"id": "deployment-1"},
        "litellm_params": {
            "model": f"bedrock/{MODEL}",
            "aws_access_key_id": "x",
            "aws_secret_access_key": "x",
            "aws_region_name": "us-east-1",
            "mock_response": _REPLY,
            "mock_delay": ANSWER_SECONDS,
        },
    }
    router = Router(
        model_list=[deployment],
        provider_budget_config={"bedrock": {"budget_limit": budget, "time_period": "1d"}},
        num_retries=0,
    )
    await asyncio.sleep(SETTLES_SECONDS)
    return await _admitted(_says_yes(router.acompletion, model="m", messages=_PROMPT), callers)


async def session(callers: int, pays_for: int) -> int:
    """How many the proxy's ``max_budget_per_session`` lets through."""
    unit = 0.01
    agent = SimpleNamespace(
        agent_id="agent-1",
        agent_name="agent-1",
        litellm_params={"max_budget_per_session": unit * pays_for},
    )
    global_agent_registry.get_agent_by_id = lambda agent_id, **_: agent  # noqa: ARG005
    cache = InternalUsageCache(dual_cache=DualCache())
    hook = _PROXY_MaxBudgetPerSessionHandler(internal_usage_cache=cache)
    who = UserAPIKeyAuth(token="t", agent_id="agent-1")
    named = {"session_id": "session-1", "agent_id": "agent-1"}

    async def one() -> None:
        await hook.async_pre_call_hook(who, DualCache(), {"metadata": named}, "completion")
        await asyncio.sleep(ANSWER_SECONDS)
        told = {"litellm_params": {"metadata": named}, "response_cost": unit}
        await hook.async_log_success_event(told, None, None, None)

    return await _admitted(_says_yes(one), callers)


async def sdk(callers: int, pays_for: int) -> int:
    """How many ``litellm.max_budget`` lets through."""
    budget = await _reply_dollars() * pays_for
    await asyncio.sleep(SETTLES_SECONDS)
    with _module_budget(budget):
        ask = _says_yes(
            litellm.acompletion,
            model=f"bedrock/{MODEL}",
            messages=_PROMPT,
            mock_response=_REPLY,
            mock_delay=ANSWER_SECONDS,
        )
        return await _admitted(ask, callers)


@contextmanager
def _module_budget(dollars: float) -> Iterator[None]:
    litellm._current_cost, litellm.max_budget = 0.0, dollars  # noqa: SLF001 - as LiteLLM counts
    try:
        yield
    finally:
        litellm.max_budget = 0.0


async def _reply_dollars() -> float:
    """What the mock reply costs."""
    litellm.logging_callback_manager._reset_all_callbacks()  # noqa: SLF001 - from earlier paths
    name = f"bedrock/{MODEL}"
    reply = await litellm.acompletion(model=name, messages=_PROMPT, mock_response=_REPLY)
    return float(litellm.completion_cost(completion_response=reply, model=name))


def _says_yes(
    ask: Callable[..., Awaitable[object]], **arguments: object
) -> Callable[[], Awaitable[bool]]:
    async def one() -> bool:
        try:
            await ask(**arguments)
        except Exception:  # noqa: BLE001 - each path refuses with an error of its own
            return False
        return True

    return one


async def _admitted(one: Callable[[], Awaitable[bool]], callers: int) -> int:
    return sum(await asyncio.gather(*(one() for _ in range(callers))))
