"""What every ledger must do while many callers use it at once: one reservation, one budget."""

import random
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest

from cost_sentry.application.ports import Reserved
from cost_sentry.domain.reservation import Reservation, ReservationState, Resolution
from tests.contract.ledger_case import DAY, LedgerCase
from tests.contract.race import race, race_steps
from tests.fakes.builders import NOON, budget, hold, reservation, resolution

VOID = resolution(0, ReservationState.VOIDED, total_tokens=0)
EXPIRE = resolution(100, ReservationState.EXPIRED, estimated=True)


class LedgerRaces(LedgerCase):
    """Subclasses provide ``ledger`` and ``books`` fixtures over one empty store."""

    # ---- one reservation

    def test_the_same_id_racing_with_itself_is_held_once(self, ledger, books):
        daily = budget(limit=12_000)
        books.define(daily, DAY)

        def call(number: int) -> str:
            held = reservation("same", hold(100), attempt=f"execution {number}")
            return type(ledger.reserve(held)).__name__

        answers = Counter(race(16, 32, call))

        assert answers == {"Reserved": 1, "SameId": 31}
        self.check(books, daily, pending=100, posted=0)

    def test_one_attempt_repeated_at_once_is_held_once_and_always_told_so(self, ledger, books):
        daily = budget(limit=12_000)
        books.define(daily, DAY)
        held = reservation("same", hold(100))

        answers = race(16, 32, lambda _: ledger.reserve(held))

        assert {type(answer) for answer in answers} == {Reserved}
        assert {answer.reservation.request_id for answer in answers} == {"same"}
        self.check(books, daily, pending=100, posted=0)

    def test_resolutions_racing_with_each_other_post_once(self, ledger, books):
        daily = budget(limit=12_000)
        books.define(daily, DAY)
        held = self.held(ledger, "r1", hold(100))

        answers = race(16, 32, lambda n: ledger.resolve(held, resolution(n)))

        [first] = [a for a in answers if a.first]
        assert all(a.resolved == first.resolved for a in answers)
        posted = first.resolved.resolution.cost_picodollars
        self.check(books, daily, pending=0, posted=posted)

    def test_a_call_settled_voided_expired_and_reserved_again_at_once_ends_one_way(
        self, ledger, books
    ):
        """Each call has an account of its own: how it ended is then the last thing there.

        An expired one may still get its true cost, so only settling and voiding exclude each other.
        """
        daily = budget(limit=12_000)
        books.define(daily, DAY)
        calls = [self.held(ledger, f"r{n}", hold(100), account=f"search/{n}") for n in range(12)]
        ended = {held.request_id: [] for held in calls}
        again = {held.request_id: [] for held in calls}

        def resolve(held: Reservation, how: Resolution) -> None:
            ended[held.request_id].append((how, ledger.resolve(held, how)))

        def sweep() -> None:
            for overdue in ledger.expired(calls[0].expires_at, batch_max=100):
                resolve(overdue, EXPIRE)

        def retry(held: Reservation) -> None:
            again[held.request_id].append(ledger.reserve(held))

        ways = [resolution(40), resolution(40), VOID]
        steps = [partial(resolve, held, how) for held in calls for how in ways]
        steps += [partial(retry, held) for held in calls] * 2
        race_steps(16, [*steps, *[sweep] * 6])

        posted = 0
        for held in calls:
            told = [(asked, a.first, a.resolved.resolution) for asked, a in ended[held.request_id]]
            [how] = {
                end.cost_picodollars: end for asked, _, end in told if asked != EXPIRE
            }.values()
            posted += how.cost_picodollars
            assert all(end in (how, EXPIRE) for _, _, end in told)
            assert all(first is (asked == end) for asked, first, end in told)
            for answer in again[held.request_id]:
                assert answer.reservation == held
                assert isinstance(answer, Reserved) or answer.resolution in (how, EXPIRE)
        self.check(books, daily, pending=0, posted=posted)
        assert list(books.pending()) == []

    # ---- one budget

    @pytest.mark.parametrize("accounts", [1, 8])
    def test_racing_callers_hold_exactly_what_the_budget_pays_for(self, ledger, books, accounts):
        """So few calls that the window sees every place at one instant."""
        daily = budget(limit=4_000)
        books.define(daily, DAY)

        def call(number: int) -> str:
            account = f"search/app{number % accounts}"
            held = reservation(f"r{number}", hold(100), account=account)
            return type(ledger.reserve(held)).__name__

        answers = Counter(race(32, 80, call))

        assert answers == {"Reserved": 40, "Shortage": 40}
        self.check(books, daily, pending=4_000, posted=0)

    def test_money_that_comes_and_goes_is_never_overspent_and_nobody_is_refused_wrongly(
        self, ledger, books
    ):
        daily = budget(limit=20_000)
        books.define(daily, DAY)

        def loop(seed: int) -> list[int]:
            chance, refused_with_left = random.Random(seed), []
            for turn in range(25):
                asked = reservation(f"r{seed}-{turn}", hold(1_000), account=f"search/{seed % 8}")
                answer = ledger.reserve(asked)
                if not isinstance(answer, Reserved):
                    refused_with_left.append(answer.remaining.left)
                    break
                ledger.resolve(answer.reservation, resolution(chance.randint(50, 1_000)))
            return refused_with_left

        refusals = [left for found in race(16, 16, loop) for left in found]

        assert refusals
        assert max(refusals) < 1_000
        balance = books.balance(daily, DAY)
        assert balance.pending == 0
        assert 19_000 < balance.posted <= balance.limit

    def test_a_balance_read_in_the_middle_of_traffic_adds_up_within_the_limit(self, ledger, books):
        daily = budget(limit=3_000)
        books.define(daily, DAY)

        def call(number: int) -> None:
            held = self.held(ledger, f"r{number}", hold(300), account=f"search/{number % 4}")
            if held:
                ledger.resolve(held, resolution(number % 60))

        def read(_number: int) -> None:
            seen = books.balance(daily, DAY)
            assert seen.limit == seen.unallotted + seen.free + seen.pending + seen.posted  # P3
            assert 0 <= seen.pending + seen.posted <= seen.limit == 3_000  # P1

        race(8, 120, lambda n: read(n) if n % 3 == 0 else call(n))

        self.check(books, daily, pending=0, posted=books.balance(daily, DAY).posted)

    def test_calls_that_settle_late_while_their_window_is_tidied_lose_nothing(self, ledger, books):
        daily = budget(limit=12_000)
        books.define(daily, DAY)
        calls = [
            self.held(ledger, f"r{n}", hold(100), account=f"search/{n % 4}") for n in range(24)
        ]
        tomorrow = NOON + timedelta(days=1)

        tidy = partial(ledger.tidy, tomorrow, batch_max=100)
        settle = [partial(ledger.resolve, held, resolution(40)) for held in calls]
        race_steps(12, [*settle, *[tidy] * 12])
        tidy()

        self.check(books, daily, pending=0, posted=24 * 40)
