"""Why the agent run of a request may not call, whatever its budgets hold."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from cost_sentry.application.caller_refusal import refused
from cost_sentry.application.refusals import rejection
from cost_sentry.domain.budget import MODEL_TAG, Budget, Unit, amount_in_words
from cost_sentry.domain.decision import BudgetView, Decision, ReasonCode
from cost_sentry.domain.errors import FieldError
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.policy import PolicyNote
from cost_sentry.domain.request_id import is_ahead
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.session import PATH_ALLOWED, Session, in_run
from cost_sentry.domain.window import has_ended
from cost_sentry.domain.window_id import SESSION_LASTS, session_id

_HOURS = SESSION_LASTS // timedelta(hours=1)


def session_refusal(
    request: InvocationRequest, config: SentryConfig, now: datetime
) -> Decision | None:
    """The refusal by budgets of all models; ``None`` where they decide themselves."""
    around = config.runs_around(request.tags)
    return _refusal(request, config, [b for b in around if MODEL_TAG not in b.scope], now)


def refusal_for_models(
    request: InvocationRequest, config: SentryConfig, now: datetime, model_ids: Iterable[str]
) -> Decision | None:
    """The same by budgets of one model, where it is one of those that may serve the request."""
    around = [b for b in config.runs_around(request.tags) if MODEL_TAG in b.scope]
    if not around:
        return None
    bases = {base_model_id(model_id) for model_id in model_ids}
    return _refusal(request, config, [b for b in around if b.scope[MODEL_TAG] in bases], now)


def _refusal(
    request: InvocationRequest, config: SentryConfig, around: Sequence[Budget], now: datetime
) -> Decision | None:
    if not around:
        return None
    session = request.session
    if session is None:
        error = _unnamed(around)
    else:
        error = _not_now(session, now) or _unplaced(session, around)
    if error:
        return refused(request, ReasonCode.INVALID_REQUEST, error)
    return _too_deep(request, config, around, now)


def _unnamed(around: Iterable[Budget]) -> FieldError | None:
    """A budget in shadow mode refuses nobody; it does not count such a call."""
    for budget in around:
        if not budget.is_shadow:
            return FieldError(
                field="session",
                problem=f"budget {budget.id} counts by session, and the request names none",
                allowed="session.id, a UUID of version 7",
            )
    return None


def _unplaced(session: Session, around: Iterable[Budget]) -> FieldError | None:
    """A call that does not say where in its run it stands is not taken for the root's."""
    for budget in around if session.path is None else ():
        if not budget.unit.is_held and not budget.is_shadow:
            counts = f"caps the {budget.unit.value} of agents"
            return FieldError(
                field="session.path",
                problem=f"budget {budget.id} {counts}, and the request names no path",
                allowed=PATH_ALLOWED,
            )
    return None


def _not_now(session: Session, now: datetime) -> FieldError | None:
    if is_ahead(session.id, now):
        problem = f"says that it was made later than {now.isoformat()}, which is now"
    elif has_ended(session_id(session.id), now):
        problem = f"was made {_HOURS} hours ago or earlier, so its session has ended"
    else:
        return None
    allowed = f"a UUID of version 7, made when the run began, in the last {_HOURS} hours"
    return FieldError(field="session.id", problem=problem, allowed=allowed)


def _too_deep(
    request: InvocationRequest, config: SentryConfig, capped: Iterable[Budget], now: datetime
) -> Decision | None:
    session = request.session
    if session is None:
        return None
    for budget in in_run(capped, config.run_of(request.tags)):
        if _is_below(session, budget) and not budget.is_shadow:
            most = amount_in_words(budget.unit, budget.limit)
            message = (
                f"budget {budget.id} lets agents call down to {most}, and this one is "
                f"{session.depth} below; call from a shorter path"
            )
            decision = rejection(request, ReasonCode.BUDGET_EXHAUSTED, message)
            # Nothing is held, so all of the limit is left.
            view = tree_view(budget, now, left=budget.limit, needed=session.depth)
            return replace(decision, budgets=(view,))
    return None


def _is_below(session: Session, budget: Budget) -> bool:
    return budget.unit is Unit.DEPTH and session.depth > budget.limit


def would_be_too_deep(request: InvocationRequest, config: SentryConfig) -> Iterator[PolicyNote]:
    """Of each budget of depth in shadow mode that would refuse it: that it would say no."""
    session = request.session
    if session is None:
        return
    for budget in config.runs_around(request.tags):
        if budget.is_shadow and _is_below(session, budget):
            most = amount_in_words(budget.unit, budget.limit)
            sentence = f"Budget {budget.id} would refuse this: agents call down to {most}."
            yield PolicyNote(policy_id=budget.id, model_id=request.model_id, sentence=sentence)


def tree_view(budget: Budget, now: datetime, *, left: int, needed: int) -> BudgetView:
    """A budget, in a run, that refused a call by the run's tree; waiting does not help."""
    return BudgetView(
        budget_id=budget.id,
        window_id=budget.window_at(now).id,
        unit=budget.unit,
        limit=budget.limit,
        left=left,
        left_as_of=now,
        needed=needed,
        resets_at=None,
        binding=True,
    )
