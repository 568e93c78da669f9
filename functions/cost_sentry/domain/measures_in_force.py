"""The configuration as measures change it at a moment."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from cost_sentry.domain.budget import Budget
from cost_sentry.domain.measure import Measure, MeasureKind
from cost_sentry.domain.sentry_config import SentryConfig


def in_force(config: SentryConfig, now: datetime) -> SentryConfig:
    """With the measures of this moment, and the budgets that they bring or raise.

    The same object where nothing is changed. What it adds is in no document, and in no version.
    """
    if not config.measures:
        return config
    measures = tuple(one for one in config.measures if one.is_in_force(now))
    budgets = (*_raised(config.budgets, measures), *_tightening(measures))
    if measures == config.measures and budgets == config.budgets:
        return config
    return replace(config, measures=measures, budgets=budgets)


def raised_by(measures: Iterable[Measure], budget: Budget, now: datetime) -> int:
    """How much the limit of this budget is higher at this moment, in its unit."""
    return sum(one.amount or 0 for one in measures if one.is_in_force(now) and one.raises(budget))


def _raised(budgets: tuple[Budget, ...], measures: tuple[Measure, ...]) -> tuple[Budget, ...]:
    """The ledger holds the raised limits; this is what is said of them."""
    raising = {one.budget_id for one in measures if one.kind is MeasureKind.RAISE}
    if not raising:
        return budgets
    return tuple(_with_raises(b, measures) if b.id in raising else b for b in budgets)


def _with_raises(budget: Budget, measures: tuple[Measure, ...]) -> Budget:
    more = sum(one.amount or 0 for one in measures if one.raises(budget))
    return replace(budget, limit=budget.limit + more) if more else budget


def _tightening(measures: tuple[Measure, ...]) -> tuple[Budget, ...]:
    """One for each scope, of the measure that was put last."""
    budgets = (one.budget for one in measures if one.kind is MeasureKind.TIGHTEN)
    return tuple({budget.id: budget for budget in budgets}.values())
