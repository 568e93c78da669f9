"""Who keeps the trees of agent runs: which agents called right below which."""

from typing import Protocol

from cost_sentry.domain.budget import Budget
from cost_sentry.domain.session import Edge


class RunTrees(Protocol):
    """A set of children for every budget, run and agent. Raises ``LedgerUnavailable``.

    Sets only grow, so a child that is in one is never refused, and who asks again changes nothing.
    """

    def join(self, budget: Budget, run: str, edge: Edge) -> bool:
        """Take the child in; false, and nothing changed, if there are so many as the limit says.

        Args:
            budget: of children.
            run: the run, as ``window_id.run_of_caller`` calls it.
            edge: the child, and below whom it stands.
        """
        ...
