"""Put every threshold that was crossed and not told of into the outbox, once."""

from collections.abc import Iterable
from datetime import datetime

from cost_sentry.application.journal_ports import AlertOutbox, Journal, Limits
from cost_sentry.application.ports import ConfigSource
from cost_sentry.domain.alert import AlertKey, Crossing, thresholds_crossed, window_named
from cost_sentry.domain.alert_mail import recipients_of, write_alert
from cost_sentry.domain.budget import Budget

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
) -> tuple[AlertKey, ...]:
    """Compare what is posted with the limits in force; the alerts that are new.

    It asks where the totals stand, not which entry moved them: a run that died between an entry
    and its alert is made good by the next, and a limit that was lowered is seen at the next
    posting. Each threshold has an alert of its own, also when one entry crosses several.
    """
    current, touched = config.current(), sorted(set(windows))
    if current is None or not touched:
        return ()
    budgets, limits_by_id = {b.id: b for b in current.budgets}, limits.limits()
    recorded: list[AlertKey] = []
    for budget_id, window_id in touched:
        budget = budgets.get(budget_id)
        if budget is None:
            continue
        limit = limits_by_id.get(budget_id, budget.limit)
        for crossing in _crossings(budget, window_id, limit, journal, now):
            alert = write_alert(crossing, recipients_of(budget, current))
            if outbox.record(alert):
                recorded.append(alert.key)
    return tuple(recorded)


def _crossings(
    budget: Budget, window_id: str, limit: int, journal: Journal, now: datetime
) -> tuple[Crossing, ...]:
    totals = journal.totals(budget.id, window_id)
    if totals is None:
        return ()
    crossed = thresholds_crossed(
        budget.thresholds_percent,
        posted=totals.posted,
        limit=limit,
        alerted=totals.alerted_percent,
    )
    if not crossed:
        return ()
    spend = journal.spend(budget.id, window_id)
    window = window_named(budget.window, window_id, now)
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
