"""Whether an agent may be one more child of the one that started it.

A call names its path, so it shows who stands below whom. Each such child is taken into a set once,
right before money is held for a model that rules have left; a call that is refused afterwards
leaves it there, for its agent was started.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from cost_sentry.application.refusals import rejection
from cost_sentry.application.run_tree_ports import RunTrees
from cost_sentry.application.session_refusal import tree_view
from cost_sentry.domain.budget import Budget, Unit, amount_in_words
from cost_sentry.domain.decision import Decision, ReasonCode
from cost_sentry.domain.errors import ConfigurationError
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.policy import PolicyNote
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.session import Edge, Session, in_run

Notes = tuple[PolicyNote, ...]


def join_tree(
    request: InvocationRequest,
    config: SentryConfig,
    trees: Callable[[], RunTrees] | None,
    now: datetime,
) -> Decision | Notes:
    """Take the agent that calls, and those above it, into the tree of its run.

    Returns:
        The refusal of the first budget that has no room; else what budgets in shadow mode say.

    Raises:
        LedgerUnavailable: nobody knows whether it is in the tree now; to ask again is harmless.
        ConfigurationError: a budget counts children, and nobody keeps trees.
    """
    session, run, notes = request.session, config.run_of(request.tags), []
    if session is None or run is None or not session.path:
        return ()
    capped = in_run(_capped(request, config), run)
    for budget, edge in _without_room(session, run, capped, trees):
        if not budget.is_shadow:
            decision = rejection(request, ReasonCode.BUDGET_EXHAUSTED, _why(budget, edge))
            view = tree_view(budget, now, left=0, needed=1)
            return replace(decision, budgets=(view,))
        notes.append(_note(request, budget, edge))
    return tuple(notes)


def _capped(request: InvocationRequest, config: SentryConfig) -> Iterator[Budget]:
    """The budgets of children around the request."""
    around = config.runs_around(request.tags)
    return (budget for budget in around if budget.unit is Unit.CHILDREN)


def _without_room(
    session: Session, run: str, budgets: Iterable[Budget], trees: Callable[[], RunTrees] | None
) -> Iterator[tuple[Budget, Edge]]:
    """Of each budget the first child that finds no room, from the root down."""
    for budget in budgets:
        if trees is None:
            raise ConfigurationError(f"budget {budget.id} counts children, and nobody keeps them")
        for edge in session.edges:
            if not trees().join(budget, run, edge):
                yield budget, edge
                break


def _why(budget: Budget, edge: Edge) -> str:
    if budget.limit == 0:
        return (
            f"budget {budget.id} lets no agent have children; call as the root, or raise the limit"
        )
    most = amount_in_words(budget.unit, budget.limit)
    return (
        f"budget {budget.id} lets each agent have {most}, and {_parent(edge)} has as many already, "
        f"without {_place(len(edge.parent))}; call as one of those, or raise the limit"
    )


def _note(request: InvocationRequest, budget: Budget, edge: Edge) -> PolicyNote:
    most = amount_in_words(budget.unit, budget.limit)
    sentence = f"Budget {budget.id} would refuse this: {_parent(edge)} has {most} already."
    return PolicyNote(policy_id=budget.id, model_id=request.model_id, sentence=sentence)


def _parent(edge: Edge) -> str:
    return _place(len(edge.parent) - 1) if edge.parent else "the root"


def _place(position: int) -> str:
    """Where in its path the caller finds the name: what is said here is kept, and names are not."""
    return f"session.path[{position}]"
