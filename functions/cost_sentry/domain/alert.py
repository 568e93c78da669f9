"""When a budget's owners hear about it, and the day their money runs out. Integers only.

Reservations are upper bounds, so a limit that is never overspent is seldom spent to the last cent:
near its end a budget refuses calls, and what is posted stays a little below the limit for good.
Hence a budget can be *used up* without being spent.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.decision import BudgetView, Decision, DecisionKind, ReasonCode
from cost_sentry.domain.spend import SpendBreakdown, WindowTotals
from cost_sentry.domain.window import Window

USED_UP_LEFT_SHARE = 20
"""A budget that refuses is used up with less than a twentieth of its limit left. What a refusal
leaves is smaller than one call's upper bound, which is a few percent of a budget worth having; with
more left one large call was refused, and smaller ones go on."""
WHOLE_PERCENT = 100
"""The threshold that says: nothing is left."""
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertKey:
    """One alert exists per budget, window and threshold, however often it is crossed."""

    budget_id: str
    window_id: str
    threshold_percent: int

    def __str__(self) -> str:
        """As an error names it."""
        return f"{self.budget_id} at {self.threshold_percent}%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A crossing that was recorded, with the mail that tells it. Never changed afterwards."""

    key: AlertKey
    unit: Unit
    limit: int
    posted: int
    recorded_at: datetime
    recipients: tuple[str, ...]
    """E-mail addresses, each once; empty when the configuration names nobody."""
    subject: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """Everything that the mail about one threshold is made of."""

    budget: Budget
    window: Window
    limit: int
    threshold_percent: int
    totals: WindowTotals
    spend: SpendBreakdown
    at: datetime

    @property
    def key(self) -> AlertKey:
        """What makes it the same alert."""
        return AlertKey(
            budget_id=self.budget.id,
            window_id=self.window.id,
            threshold_percent=self.threshold_percent,
        )

    @property
    def is_used_up(self) -> bool:
        """Whether calls are refused although a little is left."""
        return self.threshold_percent == WHOLE_PERCENT and self.totals.posted < self.limit

    @property
    def is_over(self) -> bool:
        """Whether the window has ended."""
        return self.window.end is not None and self.at >= self.window.end

    def runs_out_at(self) -> datetime | None:
        """When the limit is reached at the rate since the window, or its spending, began."""
        return run_out_at(
            posted=self.totals.posted,
            limit=self.limit,
            since=self.window.start or self.totals.first_posted_at,
            now=self.at,
            window_end=self.window.end,
        )


def is_used_up(*, left: int, limit: int) -> bool:
    """Whether a budget that refused a call has so little left that it counts as spent."""
    return left * USED_UP_LEFT_SHARE < limit


def used_up_window(decision: Decision) -> tuple[str, str] | None:
    """Budget id and window id, if the budget that refused the model asked for is used up.

    Whether a rung or a shorter answer was paid for after all changes nothing for that budget. A
    replay asked no budget. What was left is what was neither posted nor held, so running calls may
    still give some back. Calls in flight all do: a cap on them is never used up.
    """
    for view in _refusing(decision):
        if view.left is None or view.limit is None or not view.unit.is_spent:
            continue
        if is_used_up(left=view.left, limit=view.limit):
            return view.budget_id, view.window_id
    return None


def _refusing(decision: Decision) -> tuple[BudgetView, ...]:
    if decision.code is ReasonCode.BUDGET_EXHAUSTED and decision.kind is DecisionKind.REJECT:
        return tuple(view for view in decision.budgets if view.binding)
    return (decision.short,) if decision.short else ()


def thresholds_crossed(
    thresholds_percent: Iterable[int],
    *,
    posted: int,
    limit: int,
    alerted: Collection[int] = (),
    used_up: bool = False,
) -> tuple[int, ...]:
    """Thresholds that ``posted`` has reached and nobody was told of, ascending.

    Nothing is crossed while nothing is posted, not even a limit of zero. A budget that is used up
    has reached 100 percent too, if that is one of its thresholds.
    """
    if posted <= 0:
        return ()
    new = set(thresholds_percent) - set(alerted)
    return tuple(
        sorted(t for t in new if posted * 100 >= limit * t or (used_up and t == WHOLE_PERCENT))
    )


def run_out_at(
    *, posted: int, limit: int, since: datetime, now: datetime, window_end: datetime | None
) -> datetime | None:
    """When the limit is reached at the rate of ``posted`` since ``since``; ``now`` if it is.

    Returns:
        ``None`` when that is not before the window ends, when no rate can be told yet (nothing
        posted, no time passed), or when it lies beyond the calendar. Rounded up to a microsecond.
    """
    if posted >= limit and posted > 0:
        return now
    elapsed = (now - since) // _MICROSECOND
    if posted <= 0 or elapsed <= 0:
        return None
    wait = -(-(limit - posted) * elapsed // posted)
    if wait > (datetime.max.replace(tzinfo=UTC) - now) // _MICROSECOND:
        return None
    moment = now + wait * _MICROSECOND
    return moment if window_end is None or moment < window_end else None
