"""What plans are made of: budgets, calls and a configuration, drawn by one seed's chance."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from cost_sentry.application.config_document import with_version
from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.emergency import EmergencyAllowance
from cost_sentry.domain.sentry_config import Model, SentryConfig, Team
from cost_sentry.domain.window import WindowKind
from tests.simulation.plan import CHEAP, DEAR, TEAM, Caller

NOON, EVENING = "2026-11-21T12:00:00", "2026-11-30T23:56:00"
"""The evening ends a day, a month, and no week, two minutes after the first callers may call."""

OTHER = "example.other-v1:0"
"""A model that nobody calls."""


@dataclass(slots=True)
class Draft:
    """The budgets so far."""

    random: Random
    budgets: list[Budget] = field(default_factory=list)

    def budget(self, budget_id: str, limit: int, **changes: Any) -> Budget:
        """A budget of the team, in dollars, by day."""
        given: dict[str, Any] = {
            "id": budget_id,
            "scope": {"team": TEAM},
            "unit": Unit.USD,
            "window": WindowKind.DAY,
            "limit": limit,
            "owners": (f"{budget_id}@example.com",),
        }
        made = Budget(**{**given, **changes})
        self.budgets.append(made)
        return made

    def caller(self, number: int, span: int, **changes: Any) -> Caller:
        """A call somewhere in the span."""
        random = self.random
        given: dict[str, Any] = {
            "name": f"caller {number}",
            "at": int(random.random() * span),
            "request_id": f"r{number}",
            "application": random.choice(("web", "app", "batch")),
            "input_bound_tokens": random.randint(1, 100),
            "output_limit_tokens": random.randint(1, 100),
        }
        return Caller(**{**given, **changes})

    def config(self, *, ladder: bool = False) -> SentryConfig:
        """The configuration of the budgets so far."""
        return configuration(self.budgets, ladder=ladder)


def configuration(
    budgets: Sequence[Budget],
    *,
    ladder: bool = False,
    allowances: Sequence[EmergencyAllowance] = (),
    has_models: bool = True,
) -> SentryConfig:
    """Team search, both models or another, and these budgets and allowances."""
    rungs = (CHEAP,) if ladder else ()
    models = {DEAR: Model(id=DEAR, ladder=rungs), CHEAP: Model(id=CHEAP)}
    models = models if has_models else {OTHER: Model(id=OTHER)}
    teams = {TEAM: Team(id=TEAM, owners=("search@example.com",))}
    return with_version(
        SentryConfig(
            version="",
            teams=teams,
            models=models,
            budgets=tuple(budgets),
            emergency_allowances=tuple(allowances),
        )
    )
