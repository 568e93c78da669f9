"""What the two suites over a ledger start from: one budget, and how its balance is checked."""

import pytest

from cost_sentry.application.ports import BudgetBalance
from cost_sentry.domain.budget import Budget
from tests.fakes.builders import budget

DAY = "2026-11-21"


class LedgerCase:
    """Subclasses provide ``ledger`` and ``books`` fixtures over one empty store."""

    @pytest.fixture
    def daily(self, books) -> Budget:
        defined = budget(limit=1_000)
        books.define(defined, DAY)
        return defined

    @staticmethod
    def check(books, of: Budget, *, pending: int, posted: int) -> BudgetBalance:
        balance = books.balance(of, DAY)
        assert (pending, posted) == (balance.pending, balance.posted)
        assert balance.limit == balance.unallotted + balance.free + pending + posted  # P3
        return balance
