"""Put every threshold that was crossed and not told of into the outbox, once."""

from collections.abc import Collection, Iterable
from datetime import datetime

from cost_sentry.application.journal_ports import AlertOutbox, Journal, Limits
from cost_sentry.application.ports import ConfigSource
from cost_sentry.domain.alert import (
    AlertKey,
    Crossing,
    is_used_up,
    thresholds_crossed,
)
from cost_sentry.domain.alert_mail import recipients_of, write_alert
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.window import Window

BudgetWindow = tuple[str, str]
"""Budget id and window id."""


def record_alerts(
    windows: Iterable[BudgetWindow],
    *,
    journal: Journal,
    outbox: AlertOutbox,
    config: ConfigSource,
    limits: Limits,
    now: datetime,
    refused: Collection[BudgetWindow] = (),
) -> tuple[AlertKey, ...]:
    """Compare what is posted with the limits in force; the alerts that are new.

    It asks where the totals stand, not which entry moved them: a run that died between an entry
    and its alert is made good by the next, and a limit that was lowered is seen at the next
    posting. Each threshold has an alert of its own, also when one entry crosses several.

    ``refused`` are windows that refused a call for want of money. They are used up if nearly all
    is posted; if much of it is only held, it may come back, and the owners are not told yet.
    """
    current, touched = config.current(), sorted({*windows, *refused})
    if current is None or not touched:
        return ()
    budgets, limits_by_id = {b.id: b for b in current.budgets}, limits.limits()
    recorded: list[AlertKey] = []
    for budget_id, window_id in touched:
        budget = budgets.get(budget_id)
        if budget is None or not budget.thresholds_percent:
            continue
        in_ledger = limits_by_id.get(budget_id, budget.limit)
        limit = budget.limit if budget.is_shadow else in_ledger
        has_refused = (budget_id, window_id) in refused
        for crossing in _crossings(budget, window_id, limit, journal, now, has_refused=has_refused):
            alert = write_alert(crossing, recipients_of(budget, current))
            if outbox.record(alert):
                recorded.append(alert.key)
    return tuple(recorded)


def _crossings(
    budget: Budget,
    window_id: str,
    limit: int,
    journal: Journal,
    now: datetime,
    *,
    has_refused: bool,
) -> tuple[Crossing, ...]:
    totals = journal.totals(budget.id, window_id)
    if totals is None:
        return ()
    crossed = thresholds_crossed(
        budget.thresholds_percent,
        posted=totals.posted,
        limit=limit,
        alerted=totals.alerted_percent,
        used_up=has_refused and is_used_up(left=limit - totals.posted, limit=limit),
    )
    if not crossed:
        return ()
    spend = journal.spend(budget.id, window_id)
    window = budget.window_named(window_id) or Window(id=window_id, start=None, end=None)
    return tuple(
        Crossing(
            budget=budget,
            window=window,
            limit=limit,
            threshold_percent=threshold,
            totals=totals,
            spend=spend,
            at=now,
        )
        for threshold in crossed
    )
