"""What every ledger must do for a call whose cost becomes known when it has expired."""

from datetime import timedelta

from cost_sentry.domain.reservation import ReservationState, charged_in_full
from tests.contract.ledger_case import LedgerCase
from tests.fakes.builders import NOON, hold, reservation, resolution


class LedgerExpiryContract(LedgerCase):
    """Subclasses provide ``ledger`` and ``books`` fixtures over one empty store."""

    def test_the_true_cost_of_an_expired_call_takes_the_place_of_the_assumed_one(
        self, ledger, books, daily
    ):
        held = reservation("r1", hold(100))
        ledger.reserve(held)
        ledger.resolve(held, charged_in_full(held, NOON + timedelta(minutes=8)))
        self.check(books, daily, pending=0, posted=100)

        settled = ledger.resolve(held, resolution(40))
        again = ledger.resolve(held, resolution(40))
        other = ledger.resolve(held, resolution(70))

        assert settled.first
        assert again.resolved == settled.resolved
        assert not other.first
        assert other.resolved.resolution == resolution(40)
        self.check(books, daily, pending=0, posted=40)

    def test_an_expired_call_that_surely_did_not_run_costs_nothing(self, ledger, books, daily):
        held = reservation("r1", hold(100))
        ledger.reserve(held)
        ledger.resolve(held, charged_in_full(held, NOON + timedelta(minutes=8)))

        ledger.resolve(held, resolution(0, ReservationState.VOIDED, total_tokens=0))

        self.check(books, daily, pending=0, posted=0)

    def test_an_expired_call_whose_cost_stays_unknown_stays_charged(self, ledger, books, daily):
        held = reservation("r1", hold(100))
        ledger.reserve(held)
        expired = charged_in_full(held, NOON + timedelta(minutes=8))
        ledger.resolve(held, expired)

        told = ledger.resolve(held, resolution(100, estimated=True))

        assert not told.first
        assert told.resolved.resolution == expired
        self.check(books, daily, pending=0, posted=100)
