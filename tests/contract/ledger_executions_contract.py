"""What every ledger must do when an id, or an execution, comes more than once."""

import pytest

from cost_sentry.application.ports import Reserved, SameId
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

    def test_who_only_asks_for_an_id_holds_nothing(self, ledger, books, daily):
        assert ledger.known(reservation("r1", hold(100))) is None
        self.check(books, daily, pending=0, posted=0)

    def test_who_asks_for_a_taken_id_is_told_as_one_who_reserves(self, ledger, books, daily):
        held = reservation("r1", hold(100))
        ledger.reserve(held)
        asked = reservation("r1", attempt="second")

        while_pending = ledger.known(asked)
        ledger.resolve(held, resolution(40))

        assert while_pending == SameId(reservation=held, resolution=None)
        assert ledger.known(asked) == SameId(reservation=held, resolution=resolution(40))
        assert ledger.known(reservation("r1", account="search/app")) is None
        self.check(books, daily, pending=0, posted=40)

    def test_an_execution_that_asks_for_its_own_id_goes_on_with_what_it_holds(
        self, ledger, books, daily
    ):
        ledger.reserve(reservation("r1", hold(100), attempt="run.first"))

        known = ledger.known(reservation("r1", attempt="run.second"))

        assert isinstance(known, Reserved)
        assert known.reservation == reservation("r1", hold(100), attempt="run.second")
        assert [one.left for one in known.remaining] == [900]
        assert ledger.resolve(known.reservation, resolution(40)).first
