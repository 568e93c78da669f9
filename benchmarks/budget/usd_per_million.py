"""What a million guarded calls cost: prices of ``scripts.running_cost``, counts of ``wire``."""

from typing import Any

from benchmarks.budget.call_meter import CallCounts
from scripts import running_cost
from scripts.table_meter import units_of

BUDGETS_ON_A_CALL = 3
MODEL_SECONDS = 5
PUBLISHED_DESIGN_USD = 37.50
"""$3.75 for 100,000 requests: AWS Machine Learning Blog, 22 October 2025, "Build a proactive AI
cost management system for Amazon Bedrock".
"""
_MILLION = 10**6

Json = dict[str, Any]


def usd_per_million_calls(counts: dict[int, CallCounts]) -> Json:
    """Dollars, line by line."""
    lines = running_cost.lines(units_of(counts[BUDGETS_ON_A_CALL]), MODEL_SECONDS)
    return {
        "total": round(float(running_cost.total(lines) * _MILLION), 2),
        "items": {line.what: round(float(line.dollars * _MILLION), 3) for line in lines},
    }
