"""When a budget's owners hear about it, and the day their money runs out. Integers only."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.spend import SpendBreakdown, WindowTotals
from cost_sentry.domain.window import Window, WindowKind, window_at

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertKey:
    """One alert exists per budget, window and threshold, however often it is crossed."""

    budget_id: str
    window_id: str
    threshold_percent: int


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

    def runs_out_at(self) -> datetime | None:
        """When the limit is reached at the rate since the window, or its spending, began."""
        return run_out_at(
            posted=self.totals.posted,
            limit=self.limit,
            since=self.window.start or self.totals.first_posted_at,
            now=self.at,
            window_end=self.window.end,
        )


def thresholds_crossed(
    thresholds_percent: Iterable[int], *, posted: int, limit: int, alerted: Collection[int] = ()
) -> tuple[int, ...]:
    """Thresholds that ``posted`` has reached and nobody was told of, ascending.

    Nothing is crossed while nothing is posted, not even a limit of zero.
    """
    if posted <= 0:
        return ()
    new = set(thresholds_percent) - set(alerted)
    return tuple(sorted(t for t in new if posted * 100 >= limit * t))


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


def window_named(kind: WindowKind, window_id: str, near: datetime) -> Window:
    """The window of this id, found from any moment in it or shortly after it.

    A call that was admitted at the end of a window is settled, and told of, after it.
    """
    window = window_at(kind, near)
    while window.id > window_id and window.start is not None:
        window = window_at(kind, window.start - _MICROSECOND)
    return window if window.id == window_id else Window(id=window_id, start=None, end=None)
