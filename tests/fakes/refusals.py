"""Refusals for want of money, so that a test names only what it is about."""

from typing import Any

from cost_sentry.domain.budget import Unit
from cost_sentry.domain.decision import BudgetView, Decision, DecisionKind, ReasonCode
from tests.fakes.builders import NOON


def view(budget_id: str = "search-daily", **changes: Any) -> BudgetView:
    """A binding budget of 1,000 with nothing left, seen at noon."""
    given: dict[str, Any] = {
        "budget_id": budget_id,
        "window_id": "2026-11-21",
        "unit": Unit.USD,
        "limit": 1_000,
        "left": 0,
        "left_as_of": NOON,
        "needed": 60,
        "resets_at": None,
        "binding": True,
    }
    return BudgetView(**{**given, **changes})


def refusal(*views: BudgetView, **changes: Any) -> Decision:
    """Request r1 of search/web is refused, because a budget cannot pay for it."""
    given: dict[str, Any] = {
        "kind": DecisionKind.REJECT,
        "code": ReasonCode.BUDGET_EXHAUSTED,
        "message": "budget search-daily has too little left",
        "request_id": "r1",
        "model_asked": "amazon.nova-lite-v1:0",
        "budgets": views,
        "tags": {"team": "search", "application": "web"},
    }
    return Decision(**{**given, **changes})
