"""Whose debt an overrun is, among more applications than a window serves itself."""

import pytest

from cost_sentry.application.ports import Reserved, Shortage
from tests.contract.ledger_case import DAY, LedgerCase
from tests.fakes.builders import NOON, budget, hold, reservation, resolution
from tests.simulation.world.small_sizes import small_sizes

APPLICATIONS = 9
SMALL = {"DIRECT_PLACES_MAX": 3, "POOLS": 2}
"""So that few applications crowd a window: not every engine reads a hundred items at once."""
LIMIT = 100_000 * APPLICATIONS


class LedgerDebtsContract(LedgerCase):
    """Subclasses provide ``ledger`` and ``books`` fixtures over one empty store."""

    @pytest.fixture
    def everybody(self, ledger, books):
        """Each application has had a call; nothing is left running."""
        books.define(budget(limit=LIMIT, scope={}), DAY)
        with small_sizes(SMALL):
            for number in range(APPLICATIONS):
                self.spend(ledger, f"first{number}", 100, application=number)
            yield

    @staticmethod
    def spend(ledger, name, cost, *, application, held=100):
        """One call from hold to settlement; what the ledger said."""
        asked = reservation(
            name,
            hold(held, budget(scope={})),
            account=f"search/app{application}",
            quote_picodollars=held,
        )
        answer = ledger.reserve(asked)
        if isinstance(answer, Reserved):
            ledger.resolve(answer.reservation, resolution(cost))
        return answer

    @pytest.mark.parametrize("number", [0, APPLICATIONS - 1], ids=["the first", "the last"])
    def test_what_one_application_overran_nobody_else_spends(
        self, ledger, books, everybody, number
    ):
        self.spend(ledger, "over", LIMIT // 10, application=number)
        amount, spent = LIMIT // 50, 0
        while amount:
            other = (number + 1) % APPLICATIONS
            answer = self.spend(ledger, f"n{spent}", amount, application=other, held=amount)
            if isinstance(answer, Shortage):
                amount //= 2
            spent += 1

        balance = books.balance(budget(limit=LIMIT, scope={}), DAY)
        assert balance.posted <= LIMIT
        assert balance.left * 100 <= LIMIT

    @pytest.mark.parametrize("number", [0, APPLICATIONS - 1], ids=["the first", "the last"])
    def test_past_the_limit_nobody_spends_but_what_shards_behind_pools_have(
        self, ledger, books, everybody, number
    ):
        self.spend(ledger, "over", 2 * LIMIT, application=number)
        before = books.balance(budget(limit=LIMIT, scope={}), DAY).posted
        for application in range(APPLICATIONS):
            for n in range(2):
                self.spend(ledger, f"{application} {n}", 1, application=application, held=1)
                self.spend(ledger, f"{application} {n} much", 99, application=application)

        more = books.balance(budget(limit=LIMIT, scope={}), DAY).posted - before
        assert more * 100 <= LIMIT
        first = self.spend(ledger, "first", 1, application=0, held=1)
        assert isinstance(first, Shortage), "the window serves it itself"

    def test_the_scheduled_run_puts_a_debt_right_that_its_settlement_could_not(
        self, ledger, books, everybody
    ):
        self.spend(ledger, "over", LIMIT // 10, application=APPLICATIONS - 1)

        ledger.tidy(NOON, 1_000)

        assert ledger.tidy(NOON, 1_000) == 0, "nothing lies wrong any more"
