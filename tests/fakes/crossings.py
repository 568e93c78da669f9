"""A threshold that was crossed, so that a test of its mail names only what it is about."""

from datetime import UTC, timedelta, tzinfo

from cost_sentry.domain.alert import Crossing
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.money import picodollars
from cost_sentry.domain.spend import SpendBreakdown, SpendLine, WindowTotals
from cost_sentry.domain.window import WindowKind, window_at
from tests.fakes.builders import NOON, budget


def usd(text: str) -> int:
    return picodollars(text)


def crossing(
    *lines: tuple[str, str, str, int],
    kind: WindowKind = WindowKind.DAY,
    unit: Unit = Unit.USD,
    limit: int = usd("10"),
    threshold: int = 80,
    budget_id: str = "search-daily",
    zone: tzinfo = UTC,
    **scope: str,
) -> Crossing:
    spent = lines or (
        ("search", "chat", "anthropic.claude-sonnet-4-5-20250929-v1:0", usd("5.10")),
        ("search", "index", "amazon.nova-lite-v1:0", usd("3.0002")),
    )
    spend = SpendBreakdown(
        lines=tuple(
            SpendLine(team=t, application=a, model_id=m, posted=p, calls=1) for t, a, m, p in spent
        )
    )
    window = window_at(kind, NOON, zone)
    totals = WindowTotals(
        budget_id=budget_id,
        window_id=window.id,
        unit=unit,
        posted=spend.posted,
        overrun=0,
        estimated=0,
        calls=len(spent),
        first_posted_at=NOON - timedelta(hours=2),
    )
    return Crossing(
        budget=budget(
            budget_id,
            limit,
            window=kind,
            unit=unit,
            time_zone=zone,
            scope=scope or {"team": "search"},
        ),
        window=window,
        limit=limit,
        threshold_percent=threshold,
        totals=totals,
        spend=spend,
        at=NOON,
    )
