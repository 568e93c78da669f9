"""What every ledger must do, whatever it is made of. Each engine runs the same suite."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.application.ports import Reserved, SameId, Shortage
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.errors import InvariantViolated
from cost_sentry.domain.reservation import ReservationState
from tests.contract.ledger_case import DAY, LedgerCase
from tests.fakes.builders import NOON, budget, hold, reservation, resolution


class LedgerContract(LedgerCase):
    """Subclasses provide ``ledger`` and ``books`` fixtures over one empty store."""

    def test_a_reservation_is_pending_until_it_is_resolved(self, ledger, books, daily):
        result = ledger.reserve(reservation("r1", hold(100)))

        assert isinstance(result, Reserved)
        assert result.reservation == reservation("r1", hold(100))
        self.check(books, daily, pending=100, posted=0)
        assert list(books.pending()) == [reservation("r1", hold(100))]

    def test_the_answer_knows_limit_and_what_is_left(self, ledger, books, daily):
        result = ledger.reserve(reservation("r1", hold(100)))

        [remaining] = result.remaining
        assert (remaining.limit, remaining.left) == (1_000, 900)

    def test_settling_posts_the_cost_and_returns_the_rest(self, ledger, books, daily):
        held = reservation("r1", hold(100))
        ledger.reserve(held)

        resolved = ledger.resolve(held, resolution(40))

        assert resolved.first
        assert self.check(books, daily, pending=0, posted=40).left == 960
        assert list(books.pending()) == []

    def test_voiding_returns_everything(self, ledger, books, daily):
        held = reservation("r1", hold(100))
        ledger.reserve(held)

        ledger.resolve(held, resolution(0, ReservationState.VOIDED, total_tokens=0))

        assert self.check(books, daily, pending=0, posted=0).left == 1_000

    def test_expiring_posts_what_was_held(self, ledger, books, daily):
        held = reservation("r1", hold(100))
        ledger.reserve(held)

        ledger.resolve(held, resolution(100, ReservationState.EXPIRED, estimated=True))

        self.check(books, daily, pending=0, posted=100)

    @pytest.mark.parametrize(
        "second",
        [
            resolution(70),
            resolution(0, ReservationState.VOIDED),
            resolution(100, ReservationState.EXPIRED),
        ],
        ids=["settle", "void", "expire"],
    )
    def test_a_second_resolution_gets_the_first_one_back(self, ledger, books, daily, second):
        held = reservation("r1", hold(100))
        ledger.reserve(held)
        ledger.resolve(held, resolution(40))

        again = ledger.resolve(held, second)

        assert not again.first
        assert again.resolved.resolution == resolution(40)
        self.check(books, daily, pending=0, posted=40)

    def test_the_same_resolution_repeated_after_a_lost_answer_is_still_the_first(
        self, ledger, books, daily
    ):
        held = reservation("r1", hold(100))
        ledger.reserve(held)
        ledger.resolve(held, resolution(40))

        assert ledger.resolve(held, resolution(40)).first
        self.check(books, daily, pending=0, posted=40)

    def test_a_reservation_that_never_was_cannot_be_resolved(self, ledger, books, daily):
        ledger.reserve(reservation("other", hold(10)))

        with pytest.raises(InvariantViolated, match="P4"):
            ledger.resolve(reservation("r1", hold(100)), resolution(40))

        self.check(books, daily, pending=10, posted=0)

    def test_a_forged_reservation_cannot_be_resolved(self, ledger, books, daily):
        ledger.reserve(reservation("r1", hold(100)))

        with pytest.raises(InvariantViolated, match="P4"):
            ledger.resolve(reservation("r1", hold(1)), resolution(1))

        self.check(books, daily, pending=100, posted=0)

    def test_money_that_is_not_there_is_refused_and_nothing_is_held(self, ledger, books, daily):
        ledger.reserve(reservation("r1", hold(950)))

        refused = ledger.reserve(reservation("r2", hold(51)))

        assert isinstance(refused, Shortage)
        assert refused.hold == hold(51)
        assert (refused.remaining.limit, refused.remaining.left) == (1_000, 50)
        self.check(books, daily, pending=950, posted=0)

    def test_the_last_cent_can_be_spent(self, ledger, books, daily):
        ledger.reserve(reservation("r1", hold(999)))

        assert isinstance(ledger.reserve(reservation("r2", hold(1))), Reserved)
        assert self.check(books, daily, pending=1_000, posted=0).left == 0

    def test_what_one_account_gave_back_another_can_spend(self, ledger, books, daily):
        first = reservation("r1", hold(900), account="search/web")
        ledger.reserve(first)
        ledger.resolve(first, resolution(100))

        second = ledger.reserve(reservation("r2", hold(900), account="search/app"))

        assert isinstance(second, Reserved)
        assert self.check(books, daily, pending=900, posted=100).left == 0

    def test_small_parts_left_with_many_accounts_are_not_stranded(self, ledger, books, daily):
        for n in range(8):
            held = reservation(f"r{n}", hold(100), account=f"search/app{n}")
            ledger.reserve(held)
            ledger.resolve(held, resolution(0, ReservationState.VOIDED, total_tokens=0))

        assert isinstance(ledger.reserve(reservation("all", hold(1_000))), Reserved)
        self.check(books, daily, pending=1_000, posted=0)

    def test_several_budgets_move_together_or_not_at_all(self, ledger, books, daily):
        tokens = budget("tokens", 50, unit=Unit.TOKENS)
        books.define(tokens, DAY)
        both = (hold(100, daily), hold(51, tokens))

        refused = ledger.reserve(reservation("r1", *both))

        assert isinstance(refused, Shortage)
        assert refused.hold.budget_id == "tokens"
        self.check(books, daily, pending=0, posted=0)
        self.check(books, tokens, pending=0, posted=0)

    def test_each_budget_is_charged_in_its_own_unit(self, ledger, books, daily):
        tokens = budget("tokens", 500, unit=Unit.TOKENS)
        books.define(tokens, DAY)
        held = reservation("r1", hold(100, daily), hold(80, tokens))
        ledger.reserve(held)

        ledger.resolve(held, resolution(40, total_tokens=25))

        self.check(books, daily, pending=0, posted=40)
        self.check(books, tokens, pending=0, posted=25)

    def test_an_overrun_is_posted_in_full_and_leaves_less_for_others(self, ledger, books, daily):
        held = reservation("r1", hold(100))
        ledger.reserve(held)

        ledger.resolve(held, resolution(950))

        assert self.check(books, daily, pending=0, posted=950).left == 50
        assert isinstance(
            ledger.reserve(reservation("r2", hold(51), account="search/app")), Shortage
        )
        assert isinstance(
            ledger.reserve(reservation("r3", hold(50), account="search/app")), Reserved
        )

    def test_an_overrun_beyond_the_limit_blocks_new_work(self, ledger, books, daily):
        held = reservation("r1", hold(1_000))
        ledger.reserve(held)
        ledger.resolve(held, resolution(1_200))

        refused = ledger.reserve(reservation("r2", hold(1)))

        assert isinstance(refused, Shortage)
        assert refused.remaining.left == -200

    def test_the_same_attempt_again_finds_its_own_reservation(self, ledger, books, daily):
        ledger.reserve(reservation("r1", hold(100)))

        again = ledger.reserve(reservation("r1", hold(100), now=NOON + timedelta(seconds=2)))

        assert isinstance(again, Reserved)
        assert again.reservation == reservation("r1", hold(100))
        self.check(books, daily, pending=100, posted=0)

    def test_the_same_attempt_again_is_told_what_is_left_too(self, ledger, books, daily):
        first = ledger.reserve(reservation("r1", hold(10)))

        again = ledger.reserve(reservation("r1", hold(10)))

        assert again.remaining == first.remaining != ()

    def test_the_same_id_from_another_attempt_meets_the_first(self, ledger, books, daily):
        ledger.reserve(reservation("r1", hold(100)))

        again = ledger.reserve(reservation("r1", hold(7), attempt="second"))

        assert again == SameId(reservation=reservation("r1", hold(100)), resolution=None)
        self.check(books, daily, pending=100, posted=0)

    def test_the_same_id_after_it_was_resolved_meets_its_resolution(self, ledger, books, daily):
        held = reservation("r1", hold(100))
        ledger.reserve(held)
        ledger.resolve(held, resolution(40))

        again = ledger.reserve(reservation("r1", hold(100), attempt="second"))

        assert again == SameId(reservation=held, resolution=resolution(40))
        self.check(books, daily, pending=0, posted=40)

    def test_the_same_id_is_remembered_even_when_nothing_is_left(self, ledger, books, daily):
        ledger.reserve(reservation("r1", hold(1_000)))

        assert isinstance(ledger.reserve(reservation("r1", hold(1_000), attempt="second")), SameId)

    def test_the_same_id_of_another_account_is_another_request(self, ledger, books, daily):
        ledger.reserve(reservation("r1", hold(100)))

        other = ledger.reserve(reservation("r1", hold(100), account="search/app"))

        assert isinstance(other, Reserved)
        self.check(books, daily, pending=200, posted=0)

    def test_a_reservation_settles_into_the_window_it_was_made_in(self, ledger, books, daily):
        held = reservation("r1", hold(100))
        ledger.reserve(held)
        after_midnight = NOON + timedelta(days=1)

        ledger.resolve(held, replace(resolution(40), resolved_at=after_midnight))

        self.check(books, daily, pending=0, posted=40)
        assert books.balance(daily, "2026-11-22").posted == 0

    def test_a_new_window_starts_with_the_whole_limit(self, ledger, books, daily):
        ledger.reserve(reservation("r1", hold(1_000)))
        tomorrow = NOON + timedelta(days=1)

        fresh = reservation("r2", hold(1_000, now=tomorrow), now=tomorrow)

        assert isinstance(ledger.reserve(fresh), Reserved)

    def test_only_overdue_reservations_are_expired_and_no_more_than_asked(
        self, ledger, books, daily
    ):
        for n in range(3):
            ledger.reserve(reservation(f"r{n}", hold(10)))
        ledger.reserve(reservation("late", hold(10), now=NOON + timedelta(seconds=60)))

        overdue = list(ledger.expired(NOON + timedelta(seconds=420), batch_max=100))
        bounded = list(ledger.expired(NOON + timedelta(seconds=420), batch_max=2))

        assert {r.request_id for r in overdue} == {"r0", "r1", "r2"}
        assert len(bounded) == 2

    def test_tidying_ended_windows_keeps_every_balance(self, ledger, books, daily):
        held = reservation("r1", hold(100))
        ledger.reserve(held)
        ledger.resolve(held, resolution(40))
        ledger.reserve(reservation("open", hold(10), account="search/app"))

        ledger.tidy(NOON, batch_max=100)
        self.check(books, daily, pending=10, posted=40)
        ledger.tidy(NOON + timedelta(days=1), batch_max=100)

        self.check(books, daily, pending=10, posted=40)
