"""What every ledger must do when one execution asks for its reservation more than once."""

import pytest

from cost_sentry.application.ports import Reserved
from cost_sentry.domain.errors import InvariantViolated
from tests.contract.ledger_case import LedgerCase
from tests.fakes.builders import hold, reservation, resolution


class LedgerExecutionsContract(LedgerCase):
    """Subclasses provide ``ledger`` and ``books`` fixtures over one empty store."""

    def test_another_invocation_of_the_same_execution_goes_on_with_its_reservation(
        self, ledger, books, daily
    ):
        ledger.reserve(reservation("r1", hold(100), attempt="run.first"))

        again = ledger.reserve(reservation("r1", hold(100), attempt="run.second"))

        assert isinstance(again, Reserved)
        assert again.reservation == reservation("r1", hold(100), attempt="run.second")
        self.check(books, daily, pending=100, posted=0)

    def test_whichever_invocation_the_workflow_heard_its_ticket_resolves(
        self, ledger, books, daily
    ):
        first = reservation("r1", hold(100), attempt="run.first")
        ledger.reserve(first)
        ledger.reserve(reservation("r1", hold(100), attempt="run.second"))

        assert ledger.resolve(first, resolution(40)).first

        self.check(books, daily, pending=0, posted=40)

    def test_another_execution_cannot_resolve_it(self, ledger, books, daily):
        ledger.reserve(reservation("r1", hold(100), attempt="run.first"))
        other = reservation("r1", hold(100), attempt="other.first")

        with pytest.raises(InvariantViolated):
            ledger.resolve(other, resolution(40))

        self.check(books, daily, pending=100, posted=0)
