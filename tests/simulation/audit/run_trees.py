"""Checks what is promised of the trees of agent runs: how many children, and that those in stay."""

from collections.abc import Iterable

from cost_sentry.domain.decision import Decision, DecisionKind
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.session import Edge
from tests.simulation.audit import broken
from tests.simulation.audit.broken import BrokenPromise
from tests.simulation.dynamodb.items import Item

CAP = "run-children"
"""The budget that the workload of runs has for them."""


class RunTreesAudit:
    """What callers were told; nothing is known here of how trees are kept."""

    def __init__(self) -> None:
        self._in: dict[tuple[str, Edge], int] = {}
        """When somebody was first told that the agent may call, by its run."""

    def decided(
        self, request: InvocationRequest, decision: Decision, asked_at: int, now: int
    ) -> None:
        """A call is refused by the tree only if an agent of its path was not in before it asked."""
        run = request.session
        if run is None or decision.replayed:
            return
        if decision.kind is not DecisionKind.REJECT:
            for edge in run.edges:
                self._in.setdefault((run.id, edge), now)
            return
        is_by_tree = any(view.binding and view.budget_id == CAP for view in decision.budgets)
        if is_by_tree and all(self._in.get((run.id, e), now) < asked_at for e in run.edges):
            detail = f"{request.request_id} of {run} is refused, and all of its path were let in"
            raise BrokenPromise(broken.RIGHT_RUN, detail)


def check_trees(rows: Iterable[tuple[tuple[str, str], Item]], limits: Iterable[int]) -> None:
    """No agent has more children than the highest limit there ever was."""
    most = max(limits, default=0)
    for key, item in rows:
        if key[0].startswith("RUN#") and len(item["children"]["SS"]) > most:
            raise BrokenPromise(broken.RIGHT_RUN, f"{key} has more children than {most}: {item}")
