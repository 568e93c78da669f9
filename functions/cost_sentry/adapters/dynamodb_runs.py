"""Agent runs as an operator sees them: which began last, and what their trees look like."""

from collections.abc import Sequence
from datetime import datetime

from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.ledger_items import WINDOW_PREFIX, Item, window_key
from cost_sentry.adapters.run_tree_items import caller_in, children_prefix, run_partition
from cost_sentry.domain.window_id import oldest_session, run_of_caller, session_id

CALLERS_MAX = 10
"""That are looked for of one id of a run: as a rule there is one."""


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

    def windows_of(self, budget_id: str, session: str) -> Sequence[str]:
        """Window ids of the runs of this id, whosever they are, that have held money of the budget.

        At most ``CALLERS_MAX``.
        """
        first = window_key(f"{budget_id}@{session_id(session)}")
        start = first["sk"]["S"]
        items = self._calls.query(first["pk"]["S"], start_sk=start, limit=CALLERS_MAX)
        found = [item["sk"]["S"] for item in items if item["sk"]["S"].startswith(start)]
        return [sort_key.removeprefix(WINDOW_PREFIX) for sort_key in found]

    def trees_of(self, budget_id: str, session: str) -> Sequence[str]:
        """The same, of the runs in which some agent has children that the budget counts."""
        callers = {caller_in(item["sk"]["S"]) for item in self._trees(budget_id, session)}
        return [session_id(run_of_caller(session, caller)) for caller in sorted(callers)]

    def children(self, budget_id: str, run: str) -> Sequence[int]:
        """How many children each agent of a run has that has any, in no order."""
        return [len(item["children"]["SS"]) for item in self._trees(budget_id, run)]

    def _trees(self, budget_id: str, run: str) -> list[Item]:
        prefix = children_prefix(budget_id, run)
        items = self._calls.query(run_partition(run), start_sk=prefix)
        return [item for item in items if item["sk"]["S"].startswith(prefix)]
