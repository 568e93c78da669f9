"""What every ledger must do while many callers use it at once and the room they have changes."""

import threading
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from functools import partial

from cost_sentry.application.ports import Reserved
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.errors import LedgerContention
from cost_sentry.domain.reservation import Reservation, ReservationState
from tests.contract.ledger_case import DAY, LedgerCase
from tests.contract.race import race, race_steps
from tests.fakes.builders import budget, hold, reservation, resolution

VOID = resolution(0, ReservationState.VOIDED, total_tokens=0)


class LedgerLimitRaces(LedgerCase):
    """Subclasses provide ``ledger`` and ``books`` fixtures over one empty store."""

    def test_changing_a_limit_in_the_middle_of_traffic_is_exact(self, ledger, books):
        daily = budget(limit=2_500)
        books.define(daily, DAY)

        def call(number: int) -> bool:
            if number in (20, 40):
                books.define(budget(limit={20: 4_500, 40: 3_500}[number]), DAY)
            held = reservation(f"r{number}", hold(100), account=f"search/app{number % 4}")
            return isinstance(ledger.reserve(held), Reserved)

        allowed = sum(race(8, 75, call))

        balance = self.check(books, daily, pending=100 * allowed, posted=0)
        assert balance.limit in (3_500, 4_500)
        assert balance.left >= 0 or balance.limit == 3_500

    def test_a_limit_lowered_below_what_is_spent_stops_every_call_that_starts_after_it(
        self, ledger, books
    ):
        daily = budget(limit=10_000)
        books.define(daily, DAY)
        lowered = threading.Event()

        def call(number: int) -> tuple[bool, bool]:
            if number == 40:
                books.define(replace(daily, limit=1_000), DAY)
                lowered.set()
            late = lowered.is_set()
            held = self.held(ledger, f"r{number}", hold(100), account=f"search/{number % 4}")
            if held:
                ledger.resolve(held, resolution(100))
            return late, held is not None

        answers = Counter(race(8, 100, call))

        spent = 100 * (answers[False, True] + answers[True, True])
        assert answers[True, True] == 0
        assert spent > 1_000
        assert self.check(books, daily, pending=0, posted=spent).limit == 1_000
        books.define(replace(daily, limit=spent + 550), DAY)
        assert self.allowed_now(ledger, callers=20) == 5

    def test_a_lowered_limit_admits_again_exactly_what_running_calls_give_back(self, ledger, books):
        daily = budget(limit=10_000)
        books.define(daily, DAY)
        running = [
            self.held(ledger, f"r{n}", hold(100), account=f"search/{n % 6}") for n in range(30)
        ]
        books.define(replace(daily, limit=1_500), DAY)
        given_back = []

        def give_back(held: Reservation) -> int:
            try:
                ledger.resolve(held, VOID)
            finally:
                given_back.append(held)
            return 0

        def insist(account: str) -> int:
            """Calls until one is refused that began after everything was given back."""
            allowed, last = 0, False
            while not last:
                last = len(given_back) == len(running)
                held = reservation(f"new{allowed}", hold(100), account=account)
                if isinstance(ledger.reserve(held), Reserved):
                    allowed, last = allowed + 1, False
            return allowed

        back = [partial(give_back, held) for held in running]
        new = [partial(insist, f"search/new{n}") for n in range(5)]
        allowed = sum(race_steps(12, [*back, *new]))

        assert allowed == 15
        assert self.check(books, daily, pending=1_500, posted=0).left == 0

    def test_limits_set_by_two_operators_at_once_leave_one_of_them_and_lose_nothing(
        self, ledger, books
    ):
        """The other one may be told that somebody was quicker."""
        for turn in range(10):
            small = budget(f"small{turn}", 1_000)
            books.define(small, DAY)
            self.held(ledger, f"before{turn}", hold(300, small))

            def act(number: int, of: Budget = small) -> None:
                if number < 2:
                    with suppress(LedgerContention):
                        books.define(replace(of, limit=(1_300, 700)[number]), DAY)
                else:
                    self.held(ledger, f"r{of.id}-{number}", hold(100, of), account=f"a/{number}")

            race(4, 4, act)

            assert self.check(books, small, pending=500, posted=0).limit in (1_300, 700)
            assert books.limits()[small.id] == books.balance(small, DAY).limit

    def test_overruns_of_racing_calls_leave_exactly_so_much_less(self, ledger, books):
        """Each costs far more than its account has taken out of the budget."""
        daily = budget(limit=27_000)
        books.define(daily, DAY)

        def call(number: int) -> bool:
            held = self.held(ledger, f"r{number}", hold(100), account=f"search/{number % 4}")
            if held:
                ledger.resolve(held, resolution(1_950))
            return held is not None

        allowed = sum(race(8, 12, call))

        assert allowed == 12
        self.check(books, daily, pending=0, posted=23_400)
        assert self.allowed_now(ledger, callers=45, account="search/new") == 36

    @staticmethod
    def allowed_now(ledger, *, callers: int, account: str = "search/") -> int:
        """How many of so many callers, from six accounts, may spend 100."""

        def call(number: int) -> bool:
            held = reservation(f"now{number}", hold(100), account=f"{account}{number % 6}")
            return isinstance(ledger.reserve(held), Reserved)

        return sum(race(8, callers, call))
