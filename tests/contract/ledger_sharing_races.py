"""What every ledger must do while many callers share what there is."""

from collections import Counter
from dataclasses import replace

from cost_sentry.application.ports import Reserved, Shortage
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.reservation import ReservationState
from tests.contract.ledger_case import DAY, LedgerCase
from tests.contract.race import race
from tests.fakes.builders import budget, hold, reservation, resolution

VOID = resolution(0, ReservationState.VOIDED, total_tokens=0)


class LedgerSharingRaces(LedgerCase):
    """Subclasses provide ``ledger`` and ``books`` fixtures over one empty store."""

    # ---- several budgets

    def test_calls_of_many_teams_hold_exactly_what_all_their_budgets_pay_for(self, ledger, books):
        """The teams could pay for 28 calls, their applications for 32, all of it for 25."""
        everyone = budget("all", 2_500, scope={})
        teams = [budget(f"team{n}", 700) for n in range(4)]
        apps = [budget(f"app{n}", 400) for n in range(8)]
        for defined in (everyone, *teams, *apps):
            books.define(defined, DAY)

        def call(number: int) -> str | None:
            """The budget that refused."""
            app, team = apps[number // 8], teams[number // 8 % 4]
            holds = [hold(100, of) for of in (everyone, team, app)]
            account = f"{team.id}/{app.id}"
            answer = ledger.reserve(reservation(f"r{number}", *holds, account=account))
            return answer.hold.budget_id if isinstance(answer, Shortage) else None

        answers = Counter(race(12, 64, call))

        assert answers[None] == 25
        left = {b.id: self.left(books, b) for b in (everyone, *teams, *apps)}
        assert left["all"] == 0
        assert all(0 <= left[name] < 100 for name in answers if name)
        assert sum(400 - left[app.id] for app in apps) == 2_500
        for n, team in enumerate(teams):
            assert 700 - left[team.id] == 800 - left[f"app{n}"] - left[f"app{n + 4}"]

    # ---- recall

    def test_money_stranded_in_seven_accounts_is_found_by_the_eighth(self, ledger, books):
        daily = budget(limit=8_000)
        books.define(daily, DAY)

        def come_and_go(number: int) -> None:
            held = self.held(ledger, f"idle{number}", hold(1_000), account=f"search/{number}")
            ledger.resolve(held, VOID)

        def spend(number: int) -> bool:
            held = reservation(f"r{number}", hold(1_000), account="search/7")
            return isinstance(ledger.reserve(held), Reserved)

        race(7, 7, come_and_go)
        answers = Counter(race(10, 10, spend))

        assert answers == {True: 8, False: 2}
        self.check(books, daily, pending=8_000, posted=0)

    def test_a_recall_racing_with_newcomers_finds_no_money_twice(self, ledger, books):
        """A large call needs what an idle account keeps, while new accounts take what is left."""
        for turn in range(10):
            small = budget(f"small{turn}", 1_000)
            books.define(small, DAY)
            idle = self.held(ledger, f"idle{turn}", hold(600, small), account="search/idle")
            ledger.resolve(idle, VOID)

            def call(number: int, of: Budget = small) -> int:
                amount = 900 if number == 0 else 60
                account = f"{of.id}/{number}"
                held = self.held(ledger, f"r{number}", hold(amount, of), account=account)
                return amount if held else 0

            held = sum(race(6, 6, call))

            assert held in (900 + 60, 5 * 60)
            assert self.check(books, small, pending=held, posted=0).left == 1_000 - held

    def test_a_recall_racing_with_a_change_of_the_limit_undoes_none_of_it(self, ledger, books):
        for turn in range(10):
            small = budget(f"small{turn}", 1_000)
            books.define(small, DAY)
            for account in ("search/a", "search/b"):
                idle = self.held(ledger, f"{account}{turn}", hold(400, small), account=account)
                ledger.resolve(idle, VOID)

            def call(number: int, of: Budget = small) -> int:
                if number == 0:
                    books.define(replace(of, limit=1_300), DAY)
                    return 0
                account = f"search/new{number}"
                held = self.held(ledger, f"r{of.id}", hold(450, of), account=account)
                return 450 if held else 0

            held = sum(race(4, 4, call))

            assert held == 900
            assert self.check(books, small, pending=held, posted=0).limit == 1_300

    def test_a_large_call_is_not_refused_while_small_ones_come_and_go(self, ledger, books):
        """Seven small ones at a time leave 7,300 of 8,000; the large one leaves 1,000."""
        daily = budget(limit=8_000)
        books.define(daily, DAY)

        def calls(number: int) -> set[type]:
            amount, turns = (7_000, 4) if number == 7 else (100, 12)
            answers = set()
            for turn in range(turns):
                account = f"search/{number}"
                answer = ledger.reserve(
                    reservation(f"r{number}-{turn}", hold(amount), account=account)
                )
                answers.add(type(answer))
                if isinstance(answer, Reserved):
                    ledger.resolve(answer.reservation, VOID)
            return answers

        assert set().union(*race(8, 8, calls)) == {Reserved}
        self.check(books, daily, pending=0, posted=0)

    def test_calls_too_large_for_the_budget_do_not_disturb_those_that_fit(self, ledger, books):
        daily = budget(limit=2_000)
        books.define(daily, DAY)

        def calls(number: int) -> list[str]:
            amount = 2_100 if number < 4 else 100
            answers = []
            for turn in range(10):
                account = f"search/{number % 6}"
                answer = ledger.reserve(
                    reservation(f"r{number}-{turn}", hold(amount), account=account)
                )
                answers.append(type(answer).__name__)
                if isinstance(answer, Reserved):
                    ledger.resolve(answer.reservation, VOID)
            return answers

        answers = race(12, 12, calls)

        assert answers == [["Shortage"] * 10] * 4 + [["Reserved"] * 10] * 8
        self.check(books, daily, pending=0, posted=0)

    # ---- inside

    def left(self, books, of: Budget) -> int:
        balance = books.balance(of, DAY)
        return self.check(books, of, pending=balance.pending, posted=0).left
