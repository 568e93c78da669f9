"""LiteLLM's proxy reservation, by the functions that its auth dependency and cost callback call.

Counters are in process memory, LiteLLM's fastest; nothing leaves this process.
"""

import itertools
import os
import time
from types import SimpleNamespace
from typing import Any

from fastapi import HTTPException
from litellm.exceptions import BudgetExceededError
from litellm.proxy import proxy_server
from litellm.proxy._types import UserAPIKeyAuth
from litellm.proxy.spend_tracking import budget_reservation

MODEL = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
PLENTY_DOLLARS = 1e9

Json = dict[str, Any]


def body(max_tokens: int, text: str = "hello") -> Json:
    """A request as the proxy gets it."""
    messages = [{"role": "user", "content": text}]
    return {"model": f"bedrock/{MODEL}", "messages": messages, "max_tokens": max_tokens}


class ProxyBudget:
    """Keys, teams and users with budgets, each new."""

    def __init__(self) -> None:
        self._serial = itertools.count()

    def key(self, dollars: float | None) -> Any:  # noqa: ANN401 - LiteLLM's type
        """A virtual key that may spend this much; ``None`` sets no limit."""
        name = f"key-{os.getpid()}-{next(self._serial)}-{time.time_ns()}"
        return UserAPIKeyAuth(token=name, max_budget=dollars, spend=0.0)

    def team(self, dollars: float) -> Any:  # noqa: ANN401 - what LiteLLM reads of a team
        """A team with this budget."""
        return self._owner("team_id", dollars)

    def user(self, dollars: float) -> Any:  # noqa: ANN401 - what LiteLLM reads of a user
        """A user with this budget."""
        return self._owner("user_id", dollars)

    def _owner(self, id_name: str, dollars: float) -> Any:  # noqa: ANN401
        name = f"{id_name}-{next(self._serial)}-{time.time_ns()}"
        rest = {"spend": 0.0, "budget_limits": None, "organization_id": None}
        return SimpleNamespace(**{id_name: name, "max_budget": dollars, **rest})

    async def reserve(
        self,
        request: Json,
        *,
        strict: bool,
        key: Any,  # noqa: ANN401
        team: Any = None,  # noqa: ANN401
        user: Any = None,  # noqa: ANN401
    ) -> Json | None:
        """The hold; ``None`` for one admitted without any. Raises when refused."""
        hold: Json | None = await budget_reservation.reserve_budget_for_request(
            request_body=request,
            route="/chat/completions",
            llm_router=None,
            valid_token=key,
            team_object=team,
            user_object=user,
            prisma_client=None,
            user_api_key_cache=proxy_server.user_api_key_cache,
            proxy_logging_obj=proxy_server.proxy_logging_obj,
            fail_closed_budget_enforcement=strict,
        )
        return hold

    async def try_reserve(self, request: Json, *, strict: bool, **who: Any) -> Json | None:  # noqa: ANN401
        """The hold, or ``None`` when the budget refuses; any other fault is raised."""
        try:
            hold = await self.reserve(request, strict=strict, **who)
        except (BudgetExceededError, HTTPException):
            return None
        if hold is None:
            raise RuntimeError("LiteLLM admitted a priced call without a hold")
        return hold

    async def estimate(self, max_tokens: int) -> float:
        """Dollars that a call with this limit holds when money is no matter."""
        hold = await self.reserve(body(max_tokens), strict=True, key=self.key(PLENTY_DOLLARS))
        if hold is None:
            raise RuntimeError(f"LiteLLM has no price for {MODEL}")
        return float(hold["reserved_cost"])

    async def settle(self, hold: Json, dollars: float) -> None:
        """The call has cost so much."""
        await budget_reservation.reconcile_budget_reservation(
            budget_reservation=hold, actual_cost=dollars
        )
