"""Which models may serve a request, in order, and at what price at most."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from cost_sentry.application.candidate_budgets import budgets_by_model
from cost_sentry.application.ports import PriceBook
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.decision import DecisionKind, RungOutcome
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.model_card import ModelCard
from cost_sentry.domain.model_id import base_model_id, id_within
from cost_sentry.domain.price_book import ModelPrice, quote_picodollars
from cost_sentry.domain.reservation import Hold
from cost_sentry.domain.sentry_config import Model, SentryConfig
from cost_sentry.domain.service_tier import STANDARD, FlexPrice
from cost_sentry.domain.unit import Unit, amount_held

NOT_COVERED = "no budget covers it"


class Candidate(NamedTuple):
    """One model that could serve the request, with its upper bound of cost (P7).

    A tuple, for one decision may make twenty of them. Name its fields, never count them.
    """

    model_id: str
    decision: DecisionKind
    price: ModelPrice
    input_bound_tokens: int
    output_limit_tokens: int
    quote_picodollars: int
    writes_cache: bool
    counts_tokens: bool
    """The provider can count this model's prompt tokens exactly."""
    budgets: tuple[Budget, ...]
    counted_tokens_max: int | None = None
    """No prompt that is counted longer is accepted; ``None`` if nobody knows."""
    tier: int | None = None
    """Of the model, where the configuration names one."""
    service_tier: str = STANDARD
    flex: FlexPrice | None = None
    """Of the flexible service tier, if the call may wait and somebody wrote it down."""

    def within(
        self, *, input_bound_tokens: int | None = None, output_limit_tokens: int | None = None
    ) -> "Candidate":
        """The same model within other bounds, at the price of those."""
        bound = self.input_bound_tokens if input_bound_tokens is None else input_bound_tokens
        limit = self.output_limit_tokens if output_limit_tokens is None else output_limit_tokens
        quote = quote_picodollars(
            self.price,
            input_bound_tokens=bound,
            output_limit_tokens=limit,
            writes_cache=self.writes_cache,
        )
        return self._replace(
            input_bound_tokens=bound, output_limit_tokens=limit, quote_picodollars=quote
        )

    def holds(self, now: datetime) -> tuple[Hold, ...]:
        """What every budget must give up; a budget that this call cannot touch gives nothing."""
        holds = (
            Hold(
                budget_id=budget.id,
                window_id=budget.window_at(now).id,
                unit=budget.unit,
                amount=amount_held(
                    budget.unit,
                    quote_picodollars=self.quote_picodollars,
                    input_tokens=self.input_bound_tokens,
                    output_tokens=self.output_limit_tokens,
                ),
            )
            for budget in self.budgets
        )
        return tuple(hold for hold in holds if hold.amount > 0)


Offer = Candidate | RungOutcome
"""A model to be tried, or why one is not."""


def candidates_for(
    request: InvocationRequest, config: SentryConfig, book: PriceBook
) -> Iterator[Candidate | RungOutcome]:
    """The asked model, then its ladder in order: a candidate, or why the rung cannot do the job.

    Each is priced when it is asked for; most calls need the first alone. ``refusal_of`` must have
    found nothing: the asked model is listed and has a price.
    """
    asked = request.model_id
    price, card = book.price(asked), book.card(asked)
    if price is None:
        raise KeyError(asked)
    budgets = config.budgets_of(request.tags, base_model_id(asked))
    yield candidate_of(request, asked, config, price=price, card=card, budgets=budgets)
    model = listed_model(config, asked)
    if model is None or not model.ladder:
        return
    budgets_of = budgets_by_model(request.tags, config)
    for rung in model.ladder:
        price, card = book.price(rung), book.card(rung)
        budgets, is_covered = budgets_of(base_model_id(rung))
        if price is None:
            yield RungOutcome(model_id=rung, outcome="it has no price")
        elif why := why_unfit(request, config, card, is_covered=is_covered, made_for=asked):
            yield RungOutcome(model_id=rung, outcome=why)
        else:
            yield candidate_of(request, rung, config, price=price, card=card, budgets=budgets)


def listed_model(config: SentryConfig, model_id: str) -> Model | None:
    """The model's entry in the configuration, found by id or by the id inside an ARN."""
    return config.models.get(id_within(model_id))


def candidate_of(
    request: InvocationRequest,
    model_id: str,
    config: SentryConfig,
    *,
    price: ModelPrice,
    card: ModelCard | None,
    budgets: tuple[Budget, ...],
) -> Candidate:
    """This model for this request, at this price; nothing is checked."""
    bound = input_bound_for(request, card)
    output = asked_output_limit(request, config, card)
    is_asked = model_id == request.model_id
    listed = listed_model(config, model_id)
    return Candidate(
        model_id=model_id,
        decision=DecisionKind.ALLOW if is_asked else DecisionKind.REROUTE,
        price=price,
        input_bound_tokens=bound,
        output_limit_tokens=output,
        quote_picodollars=quote_picodollars(
            price,
            input_bound_tokens=bound,
            output_limit_tokens=output,
            writes_cache=request.needs.prompt_cache,
        ),
        writes_cache=request.needs.prompt_cache,
        counts_tokens=card is not None and card.count_tokens,
        budgets=_touched(budgets, request),
        counted_tokens_max=card.counted_tokens_max(request.needs) if card else None,
        tier=listed.tier if listed else None,
        flex=listed.flex if listed and request.may_wait else None,
    )


def _touched(budgets: tuple[Budget, ...], request: InvocationRequest) -> tuple[Budget, ...]:
    """Without budgets of retries, where the call repeats no step of its agent run."""
    if request.session is not None and request.session.retry > 0:
        return budgets
    return tuple(budget for budget in budgets if budget.unit is not Unit.RETRIES)


def input_bound_for(request: InvocationRequest, card: ModelCard | None) -> int:
    """Prompt tokens at most, of this model: Bedrock refuses, unbilled, what its window lacks."""
    bound = request.input_bound_tokens
    if card and bound > card.context_tokens:
        return min(bound, card.prompt_tokens_ceiling)
    return bound


def asked_output_limit(
    request: InvocationRequest, config: SentryConfig, card: ModelCard | None
) -> int:
    """The output limit of the request; the default, as far as the model goes, if it names none."""
    if request.max_tokens is not None:
        return request.max_tokens
    default = min(config.output_tokens_default, config.output_tokens_max)
    return min(default, card.output_tokens_max) if card else default


def why_unfit(
    request: InvocationRequest,
    config: SentryConfig,
    card: ModelCard | None,
    *,
    is_covered: bool,
    made_for: str,
) -> str | None:
    """Why a model cannot stand in; ``None`` if it can. ``made_for``: the model that was asked."""
    if card is None:
        return "nobody wrote down what it can do"
    if not is_covered:
        return NOT_COVERED
    output = asked_output_limit(request, config, card)
    # A prompt that may be too long is left to Bedrock, which refuses it unbilled.
    lacks = card.lacks(request.needs, request.input_floor_tokens, output)
    return lacks or card.refuses(request.needs, made_for)
