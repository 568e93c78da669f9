"""Which budgets a call is charged to, by the model that would serve it."""

from collections.abc import Callable, Mapping

from cost_sentry.domain.budget import MODEL_TAG, Budget
from cost_sentry.domain.sentry_config import SentryConfig

ByModel = Callable[[str], tuple[tuple[Budget, ...], bool]]
"""Of a base model id: its budgets, and whether some of them bounds what such calls spend."""


def budgets_by_model(tags: Mapping[str, str], config: SentryConfig) -> ByModel:
    """For calls with these tags.

    All budgets are looked through once. Most are for all models, and then each model has the same.
    """
    of_tags = config.budgets_of_tags(tags)

    def of_model(base: str) -> tuple[tuple[Budget, ...], bool]:
        budgets = tuple(b for b in of_tags if b.scope.get(MODEL_TAG, base) == base)
        return budgets, any(budget.bounds for budget in budgets)

    if any(MODEL_TAG in budget.scope for budget in of_tags):
        return of_model
    of_every_model = of_model("")
    return lambda _base: of_every_model
