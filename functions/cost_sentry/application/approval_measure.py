"""What an approved request puts in force beside the configuration."""

from collections.abc import Mapping
from datetime import datetime

from cost_sentry.domain.approval import ApprovalRequest, Raise
from cost_sentry.domain.measure import Measure, MeasureKind, Measures


def measure_of(request: ApprovalRequest) -> Measure:
    """The same for each try; ``ValueError`` if its texts have no room."""
    more = request.more
    is_raise = isinstance(more, Raise)
    scope: Mapping[str, str] = {} if isinstance(more, Raise) else more.scope
    return Measure(
        id=request.id,
        kind=MeasureKind.RAISE if is_raise else MeasureKind.GRANT,
        scope=scope,
        made_at=request.asked_at,
        until=request.until,
        why=f"approval {request.id}",
        undo=f"cost-sentry approval end {request.id}",
        amount=more.amount if isinstance(more, Raise) else None,
        budget_id=more.budget_id if isinstance(more, Raise) else None,
        price_class=None if isinstance(more, Raise) else more.price_class,
    )


def raised_up_to(measures: Measures, measure: Measure, now: datetime) -> int:
    """By how much its budget is raised by this measure and by those that were put before it.

    Whoever was put later gives way: of two that were approved at once, one holds.
    """
    total = 0
    for one in measures:
        if one.budget_id == measure.budget_id and one.is_in_force(now):
            total += one.amount or 0
        if one.id == measure.id:
            break
    return total
