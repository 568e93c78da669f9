"""Whose spending has alarms: teams, models and dollar budgets of ``sentry.yaml``, read and no more.

The file is validated by ``cost-sentry config check``; alarms are resources, and only a deployment
creates them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

from cost_sentry.domain.figures import MODEL, TEAM
from cost_sentry.domain.model_id import base_model_id

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


def read_watched(path: Path) -> tuple[WatchedScope, ...]:
    """Teams, then models, in the order of the file; a model once, whatever its geography."""
    text = path.read_text(encoding="utf-8")
    document = _mapping(yaml.load(text, Loader=yaml.BaseLoader))  # noqa: S506 - texts only
    budgets = [one for one in document.get("budgets") or () if isinstance(one, dict)]
    teams = [(TEAM, str(id_)) for id_ in _mapping(document.get("teams"))]
    models = [(MODEL, base_model_id(str(id_))) for id_ in _mapping(document.get("models"))]
    return tuple(
        WatchedScope(
            dimension=dimension, value=value, usd_per_minute=_rate(budgets, dimension, value)
        )
        for dimension, value in dict.fromkeys([*teams, *models])
    )


def _rate(budgets: list[dict[str, Any]], dimension: str, value: str) -> Decimal | None:
    scopes: tuple[dict[str, str], ...] = ({}, {dimension: value})
    rates = (_even_rate(b) for b in budgets if _mapping(b.get("scope")) in scopes)
    return min((rate for rate in rates if rate), default=None)


def _even_rate(budget: Mapping[str, Any]) -> Decimal | None:
    minutes = WINDOW_MINUTES.get(str(budget.get("window")))
    if budget.get("unit") != "usd" or minutes is None:
        return None
    try:
        return Decimal(str(budget.get("limit"))) / minutes
    except InvalidOperation:
        return None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
