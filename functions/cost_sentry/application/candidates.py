"""Which models may serve a request, in order, and at what price at most."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from cost_sentry.application.caller_refusal import named, refused, unknown_caller
from cost_sentry.application.candidate_budgets import budgets_by_model
from cost_sentry.application.ports import PriceBook
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.decision import Decision, DecisionKind, ReasonCode, RungOutcome
from cost_sentry.domain.errors import FieldError
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.model_card import ModelCard
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.price_book import ModelPrice, quote_picodollars
from cost_sentry.domain.reservation import Hold
from cost_sentry.domain.sentry_config import Model, SentryConfig
from cost_sentry.domain.unit import amount_held


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


def refusal_of(
    request: InvocationRequest, config: SentryConfig, book: PriceBook
) -> Decision | None:
    """Why this request cannot be served whatever the budgets hold; ``None`` if it can."""
    errors = (*_tag_errors(request, config), *_output_errors(request, config, book))
    if errors:
        return refused(request, ReasonCode.INVALID_REQUEST, *errors)
    unknown = unknown_caller(request, config)
    if unknown:
        return refused(request, *unknown)
    return _model_refusal(request, config, book)


def _model_refusal(
    request: InvocationRequest, config: SentryConfig, book: PriceBook
) -> Decision | None:
    problem = None
    if listed_model(config, request.model_id) is None:
        problem = f"model {request.model_id!r} is not in sentry.yaml"
    elif book.price(request.model_id) is None:
        problem = f"model {request.model_id!r} has no price in price book {book.version}"
    if problem:
        error = FieldError(field="modelId", problem=problem, allowed=named(config.models))
        return refused(request, ReasonCode.UNKNOWN_MODEL, error)
    unsuitable = _unsuitable(request, book)
    if unsuitable:
        return refused(request, ReasonCode.MODEL_UNSUITABLE, unsuitable)
    if not config.is_covered(request.tags, base_model_id(request.model_id)):
        error = FieldError(
            field="tags",
            problem="no budget covers these tags, and what no budget covers is refused",
            allowed="tags of a budget in sentry.yaml; one with an empty scope covers everything",
        )
        return refused(request, ReasonCode.NO_BUDGET, error)
    return None


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
    yield _candidate(request, asked, config, price=price, card=card, budgets=budgets)
    model = listed_model(config, asked)
    if model is None or not model.ladder:
        return
    budgets_of = budgets_by_model(request.tags, config)
    for rung in model.ladder:
        price, card = book.price(rung), book.card(rung)
        budgets, is_covered = budgets_of(base_model_id(rung))
        if price is None:
            yield RungOutcome(model_id=rung, outcome="it has no price")
        elif why := _why_no_rung(request, config, card, is_covered=is_covered):
            yield RungOutcome(model_id=rung, outcome=why)
        else:
            yield _candidate(request, rung, config, price=price, card=card, budgets=budgets)


def listed_model(config: SentryConfig, model_id: str) -> Model | None:
    """The model's entry in the configuration, found by id or by the id inside an ARN."""
    return config.models.get(model_id) or config.models.get(model_id.rsplit("/", 1)[-1])


def _candidate(
    request: InvocationRequest,
    model_id: str,
    config: SentryConfig,
    *,
    price: ModelPrice,
    card: ModelCard | None,
    budgets: tuple[Budget, ...],
) -> Candidate:
    # Bedrock refuses, unbilled, a prompt that is longer than the context window.
    bound = request.input_bound_tokens
    if card and bound > card.context_tokens:
        bound = min(bound, card.prompt_tokens_ceiling)
    output = asked_output_limit(request, config, card)
    is_asked = model_id == request.model_id
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
        budgets=budgets,
        counted_tokens_max=card.counted_tokens_max(request.needs) if card else None,
    )


def asked_output_limit(
    request: InvocationRequest, config: SentryConfig, card: ModelCard | None
) -> int:
    """The output limit of the request; the default, as far as the model goes, if it names none."""
    if request.max_tokens is not None:
        return request.max_tokens
    default = min(config.output_tokens_default, config.output_tokens_max)
    return min(default, card.output_tokens_max) if card else default


def _why_no_rung(
    request: InvocationRequest,
    config: SentryConfig,
    card: ModelCard | None,
    *,
    is_covered: bool,
) -> str | None:
    if card is None:
        return "nobody wrote down what it can do"
    if not is_covered:
        return "no budget covers it"
    output = asked_output_limit(request, config, card)
    # A prompt that may be too long is left to Bedrock, which refuses it unbilled.
    lacks = card.lacks(request.needs, request.input_floor_tokens, output)
    return lacks or card.refuses(request.needs, request.model_id)


def _unsuitable(request: InvocationRequest, book: PriceBook) -> FieldError | None:
    """Whether the asked model surely cannot serve this; in doubt Bedrock may decide, unbilled."""
    card = book.card(request.model_id)
    if card is None:
        return None
    if request.input_floor_tokens > card.prompt_tokens_ceiling:
        return FieldError(
            field="messages",
            problem=f"the prompt has at least {request.input_floor_tokens} tokens",
            allowed=f"the context window of {request.model_id} is {card.context_tokens} tokens",
        )
    if request.needs.system_message is not None and not card.system_messages:
        return FieldError(
            field=f"messages[{request.needs.system_message}].role",
            problem=f"is system, which {request.model_id} does not take among its messages",
            allowed="user or assistant; instructions for the whole call go into the field system",
        )
    why = card.lacks(request.needs, 0, 0)
    if why is None:
        return None
    return FieldError(
        field="modelId",
        problem=f"{request.model_id} cannot serve this request: {why}",
        allowed="a model that can",
    )


def refusal_of_length(request: InvocationRequest, tokens: int, tokens_max: int) -> Decision:
    """The prompt was counted, and is longer than the asked model's context window."""
    error = FieldError(
        field="messages",
        problem=f"the prompt has {tokens} tokens",
        allowed=f"at most {tokens_max}, the context window of {request.model_id}",
    )
    return refused(request, ReasonCode.MODEL_UNSUITABLE, error)


def _tag_errors(request: InvocationRequest, config: SentryConfig) -> tuple[FieldError, ...]:
    return tuple(
        FieldError(
            field=f"tags.{name}",
            problem="it is missing",
            allowed=f"required tags are {', '.join(config.required_tags)}",
        )
        for name in config.required_tags
        if name not in request.tags
    )


def _output_errors(
    request: InvocationRequest, config: SentryConfig, book: PriceBook
) -> tuple[FieldError, ...]:
    card = book.card(request.model_id)
    most = min(config.output_tokens_max, card.output_tokens_max if card else 2**31)
    if request.max_tokens is None or request.max_tokens <= most:
        return ()
    return (
        FieldError(
            field="inferenceConfig.maxTokens",
            problem=f"{request.max_tokens} is too many",
            allowed=f"1 to {most}",
        ),
    )
