"""The trees of agent runs in a simulation: in memory, for one thread, gone when it ends."""

from cost_sentry.domain.budget import Budget
from cost_sentry.domain.session import Edge


class SimulatedRunTrees:
    """``application.run_tree_ports.RunTrees``."""

    def __init__(self) -> None:
        self._children: dict[tuple[str, str, tuple[str, ...]], set[str]] = {}

    def join(self, budget: Budget, run: str, edge: Edge) -> bool:
        """See the port."""
        known = self._children.setdefault((budget.id, run, edge.parent), set())
        if edge.child not in known and len(known) >= budget.limit:
            return False
        known.add(edge.child)
        return True
