"""How fast a scope may spend so that its budgets last: what a scope without a past is held to."""

from cost_sentry.domain.budget import MODEL_TAG, Budget, Unit
from cost_sentry.domain.caller import APPLICATION_TAG, TEAM_TAG
from cost_sentry.domain.meter import Scope
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.window import WindowKind

_DAY = 1_440
_MINUTES = {
    WindowKind.MINUTE: 1,
    WindowKind.HOUR: 60,
    WindowKind.DAY: _DAY,
    WindowKind.WEEK: 7 * _DAY,
    WindowKind.MONTH: 30 * _DAY,
    WindowKind.QUARTER: 91 * _DAY,
    WindowKind.YEAR: 365 * _DAY,
}
"""Of windows that end by the calendar, about; the others have no pace."""


def pace_of(scope: Scope, config: SentryConfig | None) -> int | None:
    """Picodollars per minute of the tightest dollar budget that covers all of this scope.

    ``None`` where there is none. Budgets in shadow mode count: they say what was meant.
    """
    if config is None:
        return None
    tags = _tags(scope).items()
    paces = [
        budget.limit // _MINUTES[budget.window]
        for budget in config.budgets
        if _has_pace(budget) and budget.scope.items() <= tags
    ]
    return min(paces, default=None)


def _has_pace(budget: Budget) -> bool:
    return budget.unit is Unit.USD and budget.window in _MINUTES


def _tags(scope: Scope) -> dict[str, str]:
    kind, name = scope
    if kind == "model":
        return {MODEL_TAG: base_model_id(name)}
    team, _, application = name.partition("/")
    return {TEAM_TAG: team, APPLICATION_TAG: application} if application else {TEAM_TAG: team}
