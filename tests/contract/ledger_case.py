"""What the suites over a ledger start from: one budget, and how its balance is checked."""

from typing import Any

import pytest

from cost_sentry.application.ports import BudgetBalance, Reserved
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.reservation import Hold, Reservation
from tests.fakes.builders import budget, reservation

DAY = "2026-11-21"


class LedgerCase:
    """Subclasses provide ``ledger`` and ``books`` fixtures over one empty store."""

    @pytest.fixture
    def daily(self, books) -> Budget:
        defined = budget(limit=1_000)
        books.define(defined, DAY)
        return defined

    @staticmethod
    def held(ledger, request_id: str, *holds: Hold, **changes: Any) -> Reservation | None:
        """The reservation as the ledger holds it, which knows its shard; ``None`` if refused."""
        answer = ledger.reserve(reservation(request_id, *holds, **changes))
        return answer.reservation if isinstance(answer, Reserved) else None

    @staticmethod
    def check(books, of: Budget, *, pending: int, posted: int) -> BudgetBalance:
        balance = books.balance(of, DAY)
        assert (pending, posted) == (balance.pending, balance.posted)
        assert balance.limit == balance.unallotted + balance.free + pending + posted  # P3
        return balance
