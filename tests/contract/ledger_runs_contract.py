"""What every ledger must do with agent runs, whose windows may leave their shards meanwhile."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from cost_sentry.application.ports import Reserved, Shortage
from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.reservation import ReservationState
from cost_sentry.domain.window import WindowKind
from tests.contract.ledger_case import LedgerCase
from tests.fakes.builders import NOON, budget, hold, reservation, resolution

IDLE = NOON + timedelta(minutes=30)
"""By then the scheduled run sends home whatever runs do not use."""
OfRun = Callable[[int], Budget]


def session(number: int) -> str:
    """Of a run that began in the minute before noon."""
    made = int(NOON.timestamp() * 1_000) - 60_000 + number
    return f"{made >> 16:08x}-{made & 0xFFFF:04x}-7000-8000-{number:012x}"


def of_run_in(books, unit: Unit = Unit.USD, limit: int = 1_000) -> OfRun:
    """Defines a budget of runs; gives it for each of them."""
    defined = budget(f"run-{unit.replace('_', '-')}", limit, unit=unit, window=WindowKind.SESSION)
    books.define(defined, defined.window_at(NOON).id)
    return lambda number: budget(
        defined.id, limit, unit=unit, window=WindowKind.SESSION, session=session(number)
    )


def told(books, of: Budget) -> tuple[int, int, int]:
    """What is pending, posted and left of the run's window."""
    balance = books.balance(of, of.window_at(NOON).id)
    assert balance.limit == balance.unallotted + balance.free + balance.pending + balance.posted
    return balance.pending, balance.posted, balance.left


class LedgerRunsContract(LedgerCase):
    """Subclasses provide ``ledger`` and ``books`` fixtures over one empty store."""

    @pytest.mark.parametrize("unit", [Unit.USD, Unit.REQUESTS])
    def test_a_run_that_comes_back_after_a_while_has_exactly_what_it_had(self, ledger, books, unit):
        run = of_run_in(books, unit)(1)
        held = self.held(ledger, "r1", hold(400, run))
        ledger.resolve(held, resolution(100))
        before = told(books, run)

        ledger.tidy(IDLE, batch_max=100)

        assert told(books, run) == before
        left = before[2]
        assert isinstance(ledger.reserve(reservation("r2", hold(left + 1, run))), Shortage)
        assert isinstance(ledger.reserve(reservation("r3", hold(left, run))), Reserved)
        assert told(books, run) == (left, 1_000 - left, 0)

    def test_calls_of_a_run_end_as_they_were_held_however_often_it_is_tidied_meanwhile(
        self, ledger, books
    ):
        run = of_run_in(books)(1)
        ends = [
            resolution(40),
            resolution(0, ReservationState.VOIDED, total_tokens=0),
            resolution(100, ReservationState.EXPIRED, estimated=True),
        ]
        held = [self.held(ledger, f"r{n}", hold(100, run)) for n in range(len(ends))]

        for each, end in zip(held, ends, strict=True):
            ledger.tidy(IDLE, batch_max=100)
            ledger.resolve(each, end)

        ledger.tidy(IDLE, batch_max=100)
        ledger.resolve(held[2], resolution(70, resolved_at=IDLE))  # its true cost, later
        assert told(books, run) == (0, 110, 890)

    def test_what_a_run_overran_stays_spent_when_it_is_tidied(self, ledger, books):
        run = of_run_in(books)(1)
        held = self.held(ledger, "r1", hold(100, run))
        ledger.resolve(held, resolution(130))

        ledger.tidy(IDLE, batch_max=100)

        assert told(books, run) == (0, 130, 870)

    def test_a_limit_that_is_lowered_binds_a_run_that_was_tidied(self, ledger, books):
        of_run = of_run_in(books)
        held = [self.held(ledger, f"r{n}", hold(300, of_run(1))) for n in range(2)]
        ledger.resolve(held[0], resolution(300))
        ledger.tidy(IDLE, batch_max=100)

        lowered = budget("run-usd", 200, window=WindowKind.SESSION)
        books.define(lowered, lowered.window_at(NOON).id)

        assert isinstance(ledger.reserve(reservation("r3", hold(1, of_run(1)))), Shortage)
        ledger.resolve(held[1], resolution(0, ReservationState.VOIDED, total_tokens=0))
        ledger.tidy(IDLE, batch_max=100)
        assert told(books, of_run(1))[:2] == (0, 300)
        assert isinstance(ledger.reserve(reservation("r4", hold(1, of_run(1)))), Shortage)

    def test_each_of_many_runs_pays_for_as_much_as_its_limit_says(self, ledger, books):
        of_run = of_run_in(books, Unit.REQUESTS, limit=3)
        answers = []
        for call in range(4):
            for number in range(30):
                answer = ledger.reserve(reservation(f"r{number}.{call}", hold(1, of_run(number))))
                answers.append(type(answer))
                if isinstance(answer, Reserved):
                    ledger.resolve(answer.reservation, resolution(40))

        assert answers == [Reserved] * 90 + [Shortage] * 30
        assert {told(books, of_run(number)) for number in range(30)} == {(0, 3, 0)}
