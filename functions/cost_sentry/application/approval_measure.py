"""What an approved request puts in force beside the configuration."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cost_sentry.application.approval_terms import budget_named
from cost_sentry.domain.approval import ApprovalRequest, Raise
from cost_sentry.domain.measure import Measure, MeasureKind, Measures
from cost_sentry.domain.sentry_config import SentryConfig


def measure_of(request: ApprovalRequest) -> Measure:
    """The same for each try; ``ValueError`` if its texts have no room."""
    more = request.more
    given: Mapping[str, Any] = (
        {"amount": more.amount, "budget_id": more.budget_id, "budget_kind": more.budget_kind}
        if isinstance(more, Raise)
        else {"price_class": more.price_class}
    )
    return Measure(
        id=request.id,
        kind=MeasureKind.RAISE if isinstance(more, Raise) else MeasureKind.GRANT,
        scope={} if isinstance(more, Raise) else more.scope,
        made_at=request.asked_at,
        until=request.until,
        why=f"approval {request.id}",
        undo=f"cost-sentry approval end {request.id}",
        **given,
    )


def why_not_for(measure: Measure, config: SentryConfig | None) -> str | None:
    """Why the budget of a raise is not there to be raised; ``None``: it is."""
    budget_id = measure.budget_id or ""
    budget = budget_named(config, budget_id) if config else None
    if budget is None:
        return f"budget {budget_id} is not in force any more"
    if not measure.raises(budget):
        return f"budget {budget_id} is another by now: it counts something else"
    return None


def raised_up_to(measures: Measures, measure: Measure, now: datetime) -> int:
    """By how much its budget is raised by this measure and by those that were put before it.

    Whoever was put later gives way: of two that were approved at once, one holds.
    """
    total = 0
    for one in measures:
        is_same = (one.budget_id, one.budget_kind) == (measure.budget_id, measure.budget_kind)
        if is_same and one.is_in_force(now):
            total += one.amount or 0
        if one.id == measure.id:
            break
    return total
