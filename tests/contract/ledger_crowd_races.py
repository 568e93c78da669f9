"""What every ledger must do when more shards share a budget than one transaction can look at."""

from dataclasses import replace
from functools import partial

from cost_sentry.application.ports import Reserved
from cost_sentry.domain.reservation import Reservation, ReservationState
from tests.contract.ledger_case import DAY, LedgerCase
from tests.contract.race import race, race_steps
from tests.fakes.builders import budget, hold, reservation, resolution
from tests.simulation.world.small_sizes import small_sizes

VOID = resolution(0, ReservationState.VOIDED, total_tokens=0)


class LedgerCrowdRaces(LedgerCase):
    """Subclasses provide ``ledger`` and ``books`` fixtures over one empty store."""

    def test_a_crowded_window_is_never_overspent_and_refuses_only_near_its_limit(
        self, ledger, books
    ):
        """A hundredth of the limit may stay unused."""
        daily = budget(limit=16_000)
        books.define(daily, DAY)

        def call(number: int) -> bool:
            held = reservation(f"r{number}", hold(100), account=f"search/{number % 8}")
            return isinstance(ledger.reserve(held), Reserved)

        allowed = sum(race(16, 170, call))

        left = self.check(books, daily, pending=100 * allowed, posted=0).left
        assert 0 <= left <= 160

    def test_a_crowded_window_lowered_below_what_is_spent_admits_no_more_than_its_shards_keep(
        self, ledger, books
    ):
        """19,000 are owed, 8,000 come back from shards that the window does not serve itself."""
        daily = budget(limit=300_000)
        books.define(daily, DAY)
        running = [
            self.held(ledger, f"r{n}", hold(100), account=f"search/{n % 4}") for n in range(200)
        ]
        books.define(replace(daily, limit=1_000), DAY)

        def new(number: int) -> int:
            amount = (1, 10, 100)[number % 3]
            asked = self.held(ledger, f"new{number}", hold(amount), account=f"search/{number % 4}")
            return amount if asked else 0

        def give_back(held: Reservation) -> int:
            ledger.resolve(held, VOID)
            return 0

        back = [partial(give_back, held) for held in running[120:]]
        passed = sum(race_steps(8, [*back, *(partial(new, n) for n in range(90))]))

        assert passed <= daily.limit // 200
        balance = self.check(books, daily, pending=12_000 + passed, posted=0)
        assert balance.left == -11_000 - passed

    def test_overruns_of_racing_calls_in_a_crowd_leave_so_much_less_for_everybody(
        self, ledger, books
    ):
        """Then two of them find all but a hundredth of what is left, and no more than that."""
        daily = budget(limit=300_000)
        books.define(daily, DAY)

        def overrun(number: int) -> bool:
            held = self.held(ledger, f"r{number}", hold(100), account=f"search/{number % 8}")
            if held:
                ledger.resolve(held, resolution(5_000))
            return held is not None

        def call(number: int) -> bool:
            held = reservation(f"now{number}", hold(1_000), account=f"search/{number % 2}")
            return isinstance(ledger.reserve(held), Reserved)

        with small_sizes({"DIRECT_PLACES_MAX": 3, "POOLS": 2}):
            assert sum(race(8, 24, overrun)) == 24
            allowed = sum(race(8, 200, call))

        left = self.check(books, daily, pending=1_000 * allowed, posted=120_000).left
        assert 0 <= left < 1_000 + 3_000
