"""Trees of agent runs in memory: what the port promises, at one instant each."""

import threading

from cost_sentry.domain.budget import Budget
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.session import Edge


class MemoryRunTrees:
    """``application.run_tree_ports.RunTrees``; counts how often it was asked."""

    def __init__(self) -> None:
        self.children: dict[tuple[str, str, tuple[str, ...]], set[str]] = {}
        self.is_silent = False
        self.asked = 0
        self._lock = threading.Lock()

    def join(self, budget: Budget, run: str, edge: Edge) -> bool:
        self.asked += 1
        if self.is_silent:
            raise LedgerUnavailable("gone")
        with self._lock:
            known = self.children.setdefault((budget.id, run, edge.parent), set())
            if edge.child not in known and len(known) >= budget.limit:
                return False
            known.add(edge.child)
            return True
