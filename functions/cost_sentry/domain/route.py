"""How the sentry came to the model of a request that did not name one: told, never decided here."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from cost_sentry.domain.routing import Place


class DecidedBy(StrEnum):
    """What said which tier is required."""

    VIRTUAL_MODEL = "VIRTUAL_MODEL"
    TASK_TYPE = "TASK_TYPE"
    ESTIMATE = "ESTIMATE"
    PRICE = "PRICE"
    """Nothing did: the cheapest is enough."""


class PassedOver(NamedTuple):
    """A model that was not offered, and why."""

    model_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One request's way to its models."""

    virtual_model: str | None
    task_type: str | None
    tier: int | None
    """Required of every model in the order; ``None`` where a rule names a model without one."""
    decided_by: DecidedBy
    message: str
    """Why this tier, in one sentence."""
    complexity_thousandths: int | None
    """As estimated; ``None``: nothing was."""
    order: tuple[Place, ...]
    """Those that were offered, in order; then come the rungs of their ladders."""
    passed_over: tuple[PassedOver, ...] = ()

    @property
    def first_model(self) -> str:
        """The router's first choice."""
        return self.order[0].model.model_id
