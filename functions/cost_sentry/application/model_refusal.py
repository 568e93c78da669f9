"""Why a request cannot be served whatever its budgets hold."""

from cost_sentry.application.caller_refusal import named, refused, unknown_caller
from cost_sentry.application.candidates import listed_model
from cost_sentry.application.ports import PriceBook
from cost_sentry.domain.decision import Decision, ReasonCode
from cost_sentry.domain.errors import FieldError
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.sentry_config import SentryConfig


def refusal_of(
    request: InvocationRequest, config: SentryConfig, book: PriceBook
) -> Decision | None:
    """Why this request cannot be served whatever the budgets hold; ``None`` if it can."""
    return request_refusal(request, config, book) or _model_refusal(request, config, book)


def request_refusal(
    request: InvocationRequest, config: SentryConfig, book: PriceBook
) -> Decision | None:
    """Why no model could serve it: what it lacks, what is too much, or who calls."""
    errors = (*_tag_errors(request, config), *_output_errors(request, config, book))
    if errors:
        return refused(request, ReasonCode.INVALID_REQUEST, *errors)
    unknown = unknown_caller(request, config)
    return refused(request, *unknown) if unknown else None


def _model_refusal(
    request: InvocationRequest, config: SentryConfig, book: PriceBook
) -> Decision | None:
    problem = None
    if listed_model(config, request.model_id) is None:
        problem = f"model {request.model_id!r} is not in sentry.yaml"
    elif book.price(request.model_id) is None:
        problem = f"model {request.model_id!r} has no price in price book {book.version}"
    if problem:
        known = {**config.routing.virtual_models, **config.models}
        error = FieldError(field="modelId", problem=problem, allowed=named(known))
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
