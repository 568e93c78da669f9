"""Refusals of requests that name no model, and that none can serve."""

from dataclasses import replace

from cost_sentry.application.caller_refusal import NAMED_IN_A_MESSAGE_MAX, named, refused
from cost_sentry.application.candidate_tries import CandidateTries
from cost_sentry.application.candidates import NOT_COVERED
from cost_sentry.application.route_request import Unserved
from cost_sentry.domain.decision import Decision, ReasonCode, RungOutcome
from cost_sentry.domain.errors import FieldError
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.routing_rules import TASK_TYPE_TAG, Wish, is_unnamed
from cost_sentry.domain.sentry_config import SentryConfig


def unknown_choice(request: InvocationRequest, config: SentryConfig) -> Decision:
    """It names a task type in place of a model, and nothing says which models serve that."""
    routing = config.routing
    allowed = "a model, for sentry.yaml has no routing"
    if not routing.is_empty:
        rules = f"{named(routing.task_types)} as task type, or " if routing.task_types else ""
        allowed = f"{rules}{named({**routing.virtual_models, **config.models})} as modelId"
    error = FieldError(
        field="modelId",
        problem=f"is missing, and no rule names task type {request.tags[TASK_TYPE_TAG]!r}",
        allowed=allowed,
    )
    return refused(request, ReasonCode.UNKNOWN_MODEL, error)


def unserved(request: InvocationRequest, wish: Wish, found: Unserved) -> Decision:
    """No model that it may have can do the job; each says why."""
    rungs = tuple(
        RungOutcome(model_id=one.model_id, outcome=one.reason) for one in found.passed_over
    )
    return _refused(request, rungs, wish.virtual_model)


def too_long_for_all(request: InvocationRequest, tries: CandidateTries) -> Decision:
    """The prompt was counted, and is too long for each model that could do the job."""
    decision = _refused(request, tuple(tries.rungs), None)
    return replace(decision, uncounted=tuple(tries.bounds.uncounted))


def _refused(
    request: InvocationRequest, rungs: tuple[RungOutcome, ...], virtual: str | None
) -> Decision:
    covered = [rung for rung in rungs if rung.outcome != NOT_COVERED]
    code = ReasonCode.MODEL_UNSUITABLE if covered or not rungs else ReasonCode.NO_BUDGET
    shown = rungs[:NAMED_IN_A_MESSAGE_MAX]
    whys = "; ".join(f"{rung.model_id}: {rung.outcome}" for rung in shown)
    more = f"; and {len(rungs) - len(shown)} more" if len(rungs) > len(shown) else ""
    of = f"virtual model {virtual}" if virtual else "the choice"
    error = FieldError(
        field=f"tags.{TASK_TYPE_TAG}" if is_unnamed(request.model_id) else "modelId",
        problem=f"no model of {of} can serve this request: {whys or 'it has none'}{more}",
        allowed="a request that one of them can serve, or the id of a model that can",
    )
    return replace(refused(request, code, error), rungs=rungs)
