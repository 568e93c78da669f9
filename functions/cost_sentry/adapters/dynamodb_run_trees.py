"""The trees of agent runs in the table: for each agent the set of those that called below it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cost_sentry.adapters.ledger_calls import Conflict, LedgerCalls, Written
from cost_sentry.adapters.ledger_items import number
from cost_sentry.adapters.ledger_patience import Patience
from cost_sentry.adapters.run_tree_items import child_of, children_key
from cost_sentry.application.run_tree_ports import RunTrees
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.errors import LedgerContention
from cost_sentry.domain.session import Edge
from cost_sentry.domain.window_id import session_id, session_span

ATTEMPTS_MAX = 60
"""Meetings with other writers at one set before giving up with ``LedgerContention``."""
KEPT_AFTER_RUN = timedelta(days=1)
"""Nobody calls in a run that is over; by no machine's clock."""
EDGES_KNOWN_MAX = 10_000


class DynamoDbRunTrees:
    """``application.run_tree_ports.RunTrees``: one conditional write for each child.

    Args:
        calls: the ledger's table.
        pause: waits a little after the n-th meeting with another writer.
    """

    def __init__(self, calls: LedgerCalls, pause: Callable[[int], None]) -> None:
        self._calls = calls
        self._pause = pause

    def join(self, budget: Budget, run: str, edge: Edge) -> bool:
        """See the port."""
        arguments, patience = _joining(budget, run, edge), Patience(self._pause)
        for attempt in range(ATTEMPTS_MAX):
            outcome = patience.asked(lambda: self._calls.update(arguments))
            if not isinstance(outcome, Conflict):
                return isinstance(outcome, Written)
            self._pause(attempt)
        raise LedgerContention(f"budget {budget.id!r} has too many new children at once")


class KnownRunTrees:
    """The same, for one execution environment: it asks for each child once.

    Args:
        trees: asked for what is not known here. A child that found no room is asked for again, for
            the limit may be raised.
    """

    def __init__(self, trees: RunTrees) -> None:
        self._trees = trees
        self._known: set[tuple[str, str, Edge]] = set()

    def join(self, budget: Budget, run: str, edge: Edge) -> bool:
        """See the port."""
        name = budget.id, run, edge
        if name in self._known:
            return True
        if not self._trees.join(budget, run, edge):
            return False
        if len(self._known) >= EDGES_KNOWN_MAX:
            self._known.clear()
        self._known.add(name)
        return True


def _joining(budget: Budget, run: str, edge: Edge) -> dict[str, Any]:
    """Repeated, it changes nothing: what is in a set already needs no room."""
    _, ends = session_span(session_id(run))
    child = child_of(edge)
    return {
        "Key": children_key(budget.id, run, edge.parent),
        "UpdateExpression": "SET delete_after = :then ADD children :child",
        "ConditionExpression": (
            "attribute_not_exists(children) OR contains(children, :name) OR size(children) < :most"
            if budget.limit > 0
            else "contains(children, :name) AND size(children) > :most"  # Who is in stays.
        ),
        "ExpressionAttributeValues": {
            ":child": {"SS": [child]},
            ":name": {"S": child},
            ":most": number(budget.limit),
            ":then": number(int((ends + KEPT_AFTER_RUN).timestamp())),
        },
    }
