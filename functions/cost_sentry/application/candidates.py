"""Which models may serve a request, in order, and at what price at most."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from cost_sentry.application.ports import PriceBook
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.decision import Decision, DecisionKind, ReasonCode, RungOutcome
from cost_sentry.domain.errors import FieldError
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.price_book import ModelPrice, quote_picodollars
from cost_sentry.domain.reservation import Hold
from cost_sentry.domain.sentry_config import Model, SentryConfig
from cost_sentry.domain.unit import amount_held

NAMED_IN_A_MESSAGE_MAX = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One model that could serve the request, with its upper bound of cost (P7)."""

    model_id: str
    decision: DecisionKind
    price: ModelPrice
    input_bound_tokens: int
    output_limit_tokens: int
    quote_picodollars: int
    budgets: tuple[Budget, ...]

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
    if request.tags.get("team") not in config.teams and not errors:
        return _refused(
            request,
            ReasonCode.UNKNOWN_TEAM,
            FieldError(
                field="tags.team",
                problem=f"there is no team {request.tags.get('team')!r}",
                allowed=_named(config.teams),
            ),
        )
    if errors:
        return _refused(request, ReasonCode.INVALID_REQUEST, *errors)
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
        error = FieldError(field="modelId", problem=problem, allowed=_named(config.models))
        return _refused(request, ReasonCode.UNKNOWN_MODEL, error)
    unsuitable = _unsuitable(request, book)
    if unsuitable:
        return _refused(request, ReasonCode.MODEL_UNSUITABLE, unsuitable)
    if not config.is_covered(request.tags, base_model_id(request.model_id)):
        error = FieldError(
            field="tags",
            problem="no budget covers these tags, and what no budget covers is refused",
            allowed="tags of a budget in sentry.yaml; one with an empty scope covers everything",
        )
        return _refused(request, ReasonCode.NO_BUDGET, error)
    return None


def candidates_for(
    request: InvocationRequest, config: SentryConfig, book: PriceBook
) -> tuple[Candidate | RungOutcome, ...]:
    """The asked model, then its ladder in order: a candidate, or why the rung cannot do the job.

    ``refusal_of`` must have found nothing: the asked model is listed and has a price.
    """
    found: list[Candidate | RungOutcome] = [
        _candidate(request, request.model_id, DecisionKind.ALLOW, config, book)
    ]
    model = listed_model(config, request.model_id)
    for rung in model.ladder if model else ():
        why = _why_no_rung(request, rung, config, book)
        if why:
            found.append(RungOutcome(model_id=rung, outcome=why))
        else:
            found.append(_candidate(request, rung, DecisionKind.REROUTE, config, book))
    return tuple(found)


def listed_model(config: SentryConfig, model_id: str) -> Model | None:
    """The model's entry in the configuration, found by id or by the id inside an ARN."""
    return config.models.get(model_id) or config.models.get(model_id.rsplit("/", 1)[-1])


def _candidate(
    request: InvocationRequest,
    model_id: str,
    decision: DecisionKind,
    config: SentryConfig,
    book: PriceBook,
) -> Candidate:
    price, card = book.price(model_id), book.card(model_id)
    if price is None:
        raise KeyError(model_id)
    # Bedrock refuses, unbilled, a prompt that is longer than the context window.
    bound = request.input_bound_tokens
    bound = min(bound, card.prompt_tokens_ceiling) if card else bound
    output = _output_limit(request, config, card.output_tokens_max if card else None)
    return Candidate(
        model_id=model_id,
        decision=decision,
        price=price,
        input_bound_tokens=bound,
        output_limit_tokens=output,
        quote_picodollars=quote_picodollars(
            price,
            input_bound_tokens=bound,
            output_limit_tokens=output,
            writes_cache=request.needs.prompt_cache,
        ),
        budgets=config.budgets_of(request.tags, base_model_id(model_id)),
    )


def _output_limit(request: InvocationRequest, config: SentryConfig, model_max: int | None) -> int:
    if request.max_tokens is not None:
        return request.max_tokens
    default = min(config.output_tokens_default, config.output_tokens_max)
    return default if model_max is None else min(default, model_max)


def _why_no_rung(
    request: InvocationRequest, rung: str, config: SentryConfig, book: PriceBook
) -> str | None:
    card = book.card(rung)
    if book.price(rung) is None:
        return "it has no price"
    if card is None:
        return "nobody wrote down what it can do"
    if not config.is_covered(request.tags, base_model_id(rung)):
        return "no budget covers it"
    output = _output_limit(request, config, card.output_tokens_max)
    return card.lacks(request.needs, request.input_bound_tokens, output)


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
    why = card.lacks(request.needs, 0, 0)
    if why is None:
        return None
    return FieldError(
        field="modelId",
        problem=f"{request.model_id} cannot serve this request: {why}",
        allowed="a model that can",
    )


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


def _refused(request: InvocationRequest, code: ReasonCode, *errors: FieldError) -> Decision:
    decision = Decision(
        kind=DecisionKind.REJECT,
        code=code,
        message="; ".join(f"{e.field}: {e.problem} ({e.allowed})" for e in errors),
        request_id=request.request_id,
        model_asked=request.model_id,
        tags=request.tags,
    )
    return replace(decision, errors=errors)


def _named(known: Mapping[str, object]) -> str:
    names = sorted(known)
    more = len(names) - NAMED_IN_A_MESSAGE_MAX
    shown = ", ".join(names[:NAMED_IN_A_MESSAGE_MAX])
    return f"one of {shown}" + (f" and {more} more" if more > 0 else "")
