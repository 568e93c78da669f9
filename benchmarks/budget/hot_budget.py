"""One budget under an offered load."""

from collections.abc import Callable
from typing import Any

from benchmarks.budget.plan import Plan


def hot_budgets(plan: Plan, say: Callable[[str], None]) -> tuple[dict[str, Any], dict[str, Any]]:
    """By load."""
    say(str(plan))
    return {}, {}
