"""Agent runs as an operator sees them: which began last, and what their trees look like."""

from collections.abc import Sequence
from datetime import datetime

from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.ledger_items import WINDOW_PREFIX, window_key
from cost_sentry.adapters.run_tree_items import children_prefix, run_partition
from cost_sentry.domain.window_id import oldest_session


class DynamoDbRuns:
    """Reads only; ``calls`` the ledger's table."""

    def __init__(self, calls: LedgerCalls) -> None:
        self._calls = calls

    def newest(self, budget_id: str, now: datetime, runs_max: int) -> Sequence[str]:
        """Window ids of runs that may still call and have held money of the budget, the last first.

        Ids of runs sort by when they began, so one page of one partition is read.
        """
        first = window_key(f"{budget_id}@{oldest_session(now)}")
        items = self._calls.query(
            first["pk"]["S"], start_sk=first["sk"]["S"], limit=runs_max, newest_first=True
        )
        return [item["sk"]["S"].removeprefix(WINDOW_PREFIX) for item in items]

    def children(self, budget_id: str, session: str) -> Sequence[int]:
        """How many children each agent of a run has that has any, in no order."""
        prefix = children_prefix(budget_id)
        items = self._calls.query(run_partition(session), start_sk=prefix)
        return [len(i["children"]["SS"]) for i in items if i["sk"]["S"].startswith(prefix)]
