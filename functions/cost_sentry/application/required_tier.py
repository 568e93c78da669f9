"""Which tier a request requires of its model, and what says so."""

from collections.abc import Sequence
from dataclasses import dataclass

from cost_sentry.application.ports import Complexity
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.route import DecidedBy
from cost_sentry.domain.routing import SMALL, TIER_NAMES, RoutedModel, tier_by_worth
from cost_sentry.domain.routing_rules import Routing, Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredTier:
    """A tier, and why."""

    tier: int
    decided_by: DecidedBy
    message: str
    complexity_thousandths: int | None = None

    @property
    def is_promise(self) -> bool:
        """Whether somebody wrote it down; else it is advice."""
        return self.decided_by in (DecidedBy.VIRTUAL_MODEL, DecidedBy.TASK_TYPE)


def required_tier(
    wish: Wish,
    models: Sequence[RoutedModel],
    request: InvocationRequest,
    routing: Routing,
    complexity: Complexity | None,
) -> RequiredTier:
    """What is written first; else the estimate, which is made only where it could decide.

    Args:
        wish: what the request asks of the router.
        models: that can do the job, at least one.
        request: whose prompt is estimated.
        routing: says what a right answer is worth.
        complexity: estimates; ``None``: nobody does.
    """
    if wish.decided_by is not None:
        tier = models[0].tier if wish.tier is None else wish.tier
        return RequiredTier(tier=tier, decided_by=wish.decided_by, message=_who_wrote(wish, tier))
    worth = routing.answer_worth_picodollars
    if worth is None:
        return _cheapest("no rule asks for a tier, and routing.answerWorth is not set")
    if len({model.tier for model in models}) == 1:
        return _cheapest("no rule asks for a tier, and all models that can serve it have the same")
    estimate = complexity(request) if complexity else None
    if estimate is None:
        return _cheapest("no rule asks for a tier, and there is no text to estimate")
    return _estimated(models, estimate, worth)


def _who_wrote(wish: Wish, tier: int) -> str:
    if wish.model is not None:
        return f"the rule of task type {wish.task_type} names {wish.model}"
    by_rule = wish.decided_by is DecidedBy.TASK_TYPE
    who = f"the rule of task type {wish.task_type}" if by_rule else f"{wish.virtual_model}"
    return f"{who} asks for tier {TIER_NAMES[tier]}"


def _cheapest(why: str) -> RequiredTier:
    return RequiredTier(
        tier=SMALL, decided_by=DecidedBy.PRICE, message=f"{why}: the cheapest is enough"
    )


def _estimated(models: Sequence[RoutedModel], estimate: int, worth: int) -> RequiredTier:
    tier = tier_by_worth(models, estimate, worth)
    name = "no larger tier" if tier == SMALL else f"tier {TIER_NAMES[tier]}"
    return RequiredTier(
        tier=tier,
        decided_by=DecidedBy.ESTIMATE,
        message=f"the prompt is estimated at {estimate} of 1000: {name} is worth its price",
        complexity_thousandths=estimate,
    )
