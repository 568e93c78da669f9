"""Usage that nobody asked for first is charged, also where no budget can pay for it."""

import pytest

from cost_sentry.application.ports import Reserved, SameId, Shortage
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.reservation import (
    EXTERNAL_ACCOUNTS,
    ReservationState,
    charged_in_full,
    external_use,
)
from tests.contract.ledger_case import DAY, LedgerCase
from tests.fakes.builders import NOON, budget, hold, reservation, resolution

REQUESTS = budget("everybody", 10, scope={}, unit=Unit.REQUESTS)
INPUT = budget("in", 100, scope={}, unit=Unit.INPUT_TOKENS)


class LedgerExternalContract(LedgerCase):
    """Subclasses provide ``ledger`` and ``books`` fixtures over one empty store."""

    @staticmethod
    def external(name="x1", *holds, cost=300, calls=4):
        return reservation(
            name,
            *holds,
            account=f"{EXTERNAL_ACCOUNTS}amazon.nova-lite-v1:0",
            quote_picodollars=cost,
            calls=calls,
        )

    @staticmethod
    def settled(reservation):
        return external_use(reservation, NOON, state=ReservationState.SETTLED)

    @pytest.mark.parametrize("spent", [0, 900, 1_000])
    def test_a_hold_of_nothing_is_never_refused_and_what_it_costs_is_posted(
        self, ledger, books, daily, spent
    ):
        if spent:
            mine = self.held(ledger, "mine", hold(spent), quote_picodollars=spent)
            ledger.resolve(mine, resolution(spent))

        booked = ledger.reserve(self.external("x1", hold(0)))
        ledger.resolve(booked.reservation, self.settled(booked.reservation))

        assert books.balance(daily, DAY).posted == spent + 300
        assert books.balance(daily, DAY).left == 1_000 - spent - 300

    def test_what_is_owed_for_it_nobody_else_spends(self, ledger, books, daily):
        self.held(ledger, "mine", hold(100))
        booked = ledger.reserve(self.external("x1", hold(0), cost=2_000))
        ledger.resolve(booked.reservation, self.settled(booked.reservation))

        assert isinstance(ledger.reserve(reservation("more", hold(1))), Shortage)
        assert books.balance(daily, DAY).left == 1_000 - 100 - 2_000

    def test_a_second_one_is_booked_while_the_first_is_still_owed(self, ledger, books, daily):
        for name in ("x1", "x2", "x3"):
            booked = ledger.reserve(self.external(name, hold(0), cost=700))
            ledger.resolve(booked.reservation, self.settled(booked.reservation))

        assert books.balance(daily, DAY).posted == 2_100

    def test_money_that_is_there_is_held_beside_a_hold_of_nothing(self, ledger, books, daily):
        rich = budget("rich", 5_000)
        books.define(rich, DAY)

        booked = ledger.reserve(self.external("x1", hold(0), hold(300, rich)))
        assert isinstance(booked, Reserved)
        ledger.resolve(booked.reservation, self.settled(booked.reservation))

        assert [books.balance(b, DAY).posted for b in (daily, rich)] == [300, 300]

    @pytest.mark.parametrize("amount", [0, 4])
    @pytest.mark.parametrize("ends", ["settles", "expires"])
    def test_it_is_charged_as_it_was_however_it_ends(self, ledger, books, daily, amount, ends):
        for each in (REQUESTS, INPUT):
            books.define(each, DAY)
        asked = self.external("x1", hold(0), hold(amount, REQUESTS), hold(0, INPUT))
        booked = ledger.reserve(asked).reservation

        how = self.settled(booked) if ends == "settles" else charged_in_full(booked, NOON)
        ledger.resolve(booked, how)

        posted = [books.balance(b, DAY).posted for b in (daily, REQUESTS, INPUT)]
        assert posted == [300, 4, 30]

    def test_the_same_usage_is_booked_once(self, ledger, books, daily):
        first = ledger.reserve(self.external("x1", hold(300))).reservation
        ledger.resolve(first, charged_in_full(first, NOON))

        again = ledger.reserve(self.external("x1", hold(0)))
        told = ledger.resolve(again.reservation, self.settled(again.reservation))

        assert isinstance(again, SameId)
        assert told.resolved.reservation.calls == 4
        assert books.balance(daily, DAY).posted == 300
