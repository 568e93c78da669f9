"""What a million guarded calls cost: prices of ``scripts.running_cost``, counts of ``wire``."""

from decimal import Decimal
from typing import Any

from benchmarks.budget.wire import CALL, PROJECTION
from benchmarks.budget.wire_meter import CONFIG
from scripts import running_cost
from scripts.table_meter import Units

BUDGETS_ON_A_CALL = "3"
MODEL_SECONDS = 5
PUBLISHED_DESIGN_USD = 37.50
"""$3.75 for 100,000 requests: AWS Machine Learning Blog, 22 October 2025, "Build a proactive AI cost
management system for Amazon Bedrock".
"""
_MILLION = 10**6

Json = dict[str, Any]


def usd_per_million_calls(counted: Json) -> Json:
    """Dollars, line by line; ``counted`` is the details of ``wire``."""
    of = counted[BUDGETS_ON_A_CALL]
    units = Units(
        ledger_writes=_decimal(of[CALL]["write_units"]),
        journal_writes=_decimal(of[PROJECTION]["write_units"]),
        reads=sum((_decimal(of[kind]["read_units"]) for kind in (CALL, PROJECTION, CONFIG)), _NONE),
    )
    lines = running_cost.lines(units, MODEL_SECONDS)
    return {
        "total": round(float(running_cost.total(lines) * _MILLION), 2),
        "items": {line.what: round(float(line.dollars * _MILLION), 3) for line in lines},
    }


_NONE = Decimal(0)


def _decimal(count: float) -> Decimal:
    return Decimal(str(count))
