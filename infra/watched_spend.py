"""Whose spending has alarms: teams, models and dollar budgets of ``sentry.yaml``, read and no more.

The file is validated by ``cost-sentry config check``; alarms are resources, and only a deployment
creates them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from cost_sentry.domain.spend_watch import WATCHED_MAX, by_turns
from infra.sentry_file import mapping, read_sentry_file

WINDOW_MINUTES = {
    "day": 24 * 60,
    "week": 7 * 24 * 60,
    "month": 30 * 24 * 60,
    "quarter": 91 * 24 * 60,
    "year": 365 * 24 * 60,
}
"""Of budgets whose even rate says something about five minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedScope:
    """A team or a model, as the dimension of ``SpendUsd`` that counts it."""

    dimension: str
    value: str
    usd_per_minute: Decimal | None
    """The even rate of the tightest dollar budget of all its calls; ``None``: it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedSpend:
    """Everybody whose spending could have alarms, and who of them has."""

    scopes: tuple[WatchedScope, ...]
    watched_max: int = WATCHED_MAX
    """So many of them, the first ones."""

    @property
    def watched(self) -> tuple[WatchedScope, ...]:
        """Those that have alarms."""
        return self.scopes[: self.watched_max]

    @property
    def unwatched(self) -> tuple[tuple[str, str], ...]:
        """The others, by dimension and value."""
        return tuple((one.dimension, one.value) for one in self.scopes[self.watched_max :])


def read_watched(path: Path) -> WatchedSpend:
    """Teams and models by turns, in the order of the file; a model once."""
    document = read_sentry_file(path)
    budgets = [one for one in document.get("budgets") or () if isinstance(one, dict)]
    teams, models = mapping(document.get("teams")), mapping(document.get("models"))
    scopes = (
        WatchedScope(
            dimension=dimension, value=value, usd_per_minute=_rate(budgets, dimension, value)
        )
        for dimension, value in by_turns(map(str, teams), map(str, models))
    )
    most = mapping(document.get("alerts")).get("watchedMax", str(WATCHED_MAX))
    return WatchedSpend(scopes=tuple(scopes), watched_max=int(most))


def _rate(budgets: list[dict[str, Any]], dimension: str, value: str) -> Decimal | None:
    scopes: tuple[dict[str, str], ...] = ({}, {dimension: value})
    rates = (_even_rate(b) for b in budgets if mapping(b.get("scope")) in scopes)
    return min((rate for rate in rates if rate), default=None)


def _even_rate(budget: Mapping[str, Any]) -> Decimal | None:
    minutes = WINDOW_MINUTES.get(str(budget.get("window")))
    if budget.get("unit") != "usd" or minutes is None:
        return None
    try:
        return Decimal(str(budget.get("limit"))) / minutes
    except InvalidOperation:
        return None
