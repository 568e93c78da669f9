"""What stages of a budget that runs out change at a call: its order, its output, or the answer."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from cost_sentry.application.budget_levels import Level, Stage
from cost_sentry.application.candidates import Offer
from cost_sentry.application.refusals import rejection
from cost_sentry.application.retry_after import seconds_until
from cost_sentry.domain.decision import BudgetView, Decision, ReasonCode, RungOutcome
from cost_sentry.domain.invocation import InvocationRequest, Priority

OUTPUT_DIVIDED_BY = 2
"""A lower output limit is this part of the one asked for, and at least the configured minimum."""


def staged(
    offers: Iterable[Offer],
    stage: Stage,
    request: InvocationRequest,
    floor: int,
    *,
    is_routed: bool = False,
) -> Iterator[Offer]:
    """The offers in the order in which they are to be tried, with shorter answers where so.

    Args:
        offers: the asked model, then its ladder.
        stage: what is in force.
        request: one that declines a lower output limit keeps its own.
        floor: the lowest output limit that may be sent.
        is_routed: the offers are the router's, of which later ones may be dearer.
    """
    if stage.prefer_ladder:
        asked, *rungs = offers
        offers = cheaper_first(asked, rungs) if is_routed else [*rungs, asked]
    shorter = stage.lower_output is not None and request.lower_output_limit
    for offer in offers:
        yield _shortened(offer, floor) if shorter else offer


def cheaper_first(first: Offer, others: Iterable[Offer]) -> list[Offer]:
    """What costs less than the router's first choice, then that, then the rest."""
    cheaper: list[Offer] = []
    rest: list[Offer] = []
    for one in others:
        (cheaper if _quote(one) < _quote(first) else rest).append(one)
    return [*cheaper, first, *rest]


def _quote(offer: Offer) -> int:
    return offer.quote_picodollars or 0


def _shortened(offer: Offer, floor: int) -> Offer:
    if isinstance(offer, RungOutcome):
        return offer
    asked = offer.output_limit_tokens
    return offer.within(output_limit_tokens=min(asked, max(floor, asked // OUTPUT_DIVIDED_BY)))


def paused(request: InvocationRequest, stage: Stage, now: datetime) -> Decision | None:
    """The refusal of a call that is not critical; ``None`` if it may go on."""
    level = stage.critical_only
    if level is None or request.priority is Priority.CRITICAL:
        return None
    begins = level.budget.stages.critical_only_percent
    end = level.budget.resets_at(now)
    until = f" until it resets at {end.isoformat()}" if end else ""
    message = f"{used_up(level)}, and from {begins} % it serves priority critical only{until}"
    wait = seconds_until(end, now)
    decision = rejection(request, ReasonCode.CRITICAL_ONLY, message)
    view = _view(level, level.budget.window_at(now).id, end)
    return replace(decision, budgets=(view,), retry_after_seconds=wait)


def used_up(level: Level) -> str:
    """``budget search-daily is 83 % spent``."""
    return f"budget {level.budget.id} is {level.percent} % spent"


def _view(level: Level, window_id: str, resets_at: datetime | None) -> BudgetView:
    return BudgetView(
        budget_id=level.budget.id,
        window_id=window_id,
        unit=level.budget.unit,
        limit=level.budget.limit,
        left=level.budget.limit - level.posted,
        left_as_of=level.as_of,
        needed=0,
        resets_at=resets_at,
        binding=True,
    )
