"""What every ledger must do with every unit and window. Each engine runs the same suite."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.application.ports import Reserved, Shortage
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.reservation import ReservationState
from cost_sentry.domain.session import in_run
from cost_sentry.domain.usage import TokenUsage
from cost_sentry.domain.window import WindowKind
from tests.contract.ledger_case import DAY, LedgerCase
from tests.fakes.builders import NOON, budget, hold, reservation, resolution

SETTLED = resolution(40)
EXPIRED = resolution(100, ReservationState.EXPIRED, estimated=True)
VOIDED = resolution(0, ReservationState.VOIDED, total_tokens=0)
USAGE = TokenUsage(
    input_tokens=5,
    output_tokens=7,
    cache_read_tokens=3,
    cache_write_5m_tokens=2,
    cache_write_1h_tokens=1,
)
REPORTED = resolution(40, usage=USAGE, total_tokens=18)


RUNS = [f"01a1fdc3-5780-7000-8000-00000000000{number}" for number in (1, 2)]


class LedgerUnitsContract(LedgerCase):
    """Subclasses provide ``ledger`` and ``books`` fixtures over one empty store."""

    @pytest.fixture
    def defined(self, books):
        """Defines a budget of a unit, and gives it."""

        def define(unit, limit, window=WindowKind.DAY):
            of = budget(f"{unit.replace('_', '-')}-{window}", limit, unit=unit, window=window)
            books.define(of, of.window_at(NOON).id)
            return of

        return define

    @pytest.mark.parametrize(
        ("ended", "posted"),
        [(SETTLED, 1), (EXPIRED, 1), (VOIDED, 0)],
        ids=["settle", "expire", "void"],
    )
    def test_a_request_is_posted_unless_it_surely_did_not_run(
        self, ledger, books, defined, ended, posted
    ):
        requests = defined(Unit.REQUESTS, 2)
        held = reservation("r1", hold(1, requests))
        ledger.reserve(held)
        self.check(books, requests, pending=1, posted=0)

        ledger.resolve(held, ended)

        assert self.check(books, requests, pending=0, posted=posted).left == 2 - posted

    def test_requests_beyond_the_limit_are_refused_until_the_next_window(
        self, ledger, books, defined
    ):
        requests = defined(Unit.REQUESTS, 2, WindowKind.MINUTE)
        for n in range(2):
            held = reservation(f"r{n}", hold(1, requests), account=f"search/app{n}")
            ledger.reserve(held)
            ledger.resolve(held, SETTLED)

        refused = ledger.reserve(reservation("r2", hold(1, requests)))
        later = NOON + timedelta(minutes=1)
        next_minute = ledger.reserve(reservation("r3", hold(1, requests, later), now=later))

        assert isinstance(refused, Shortage)
        assert (refused.remaining.left, refused.remaining.limit) == (0, 2)
        assert isinstance(next_minute, Reserved)

    @pytest.mark.parametrize("ended", [SETTLED, EXPIRED, VOIDED], ids=["settle", "expire", "void"])
    def test_a_call_in_flight_gives_back_its_place_however_it_ends(
        self, ledger, books, defined, ended
    ):
        calls = defined(Unit.IN_FLIGHT, 2, WindowKind.NONE)
        running = [reservation(f"r{n}", hold(1, calls), account=f"search/app{n}") for n in range(2)]
        for held in running:
            assert isinstance(ledger.reserve(held), Reserved)
        assert isinstance(ledger.reserve(reservation("r2", hold(1, calls))), Shortage)

        ledger.resolve(running[0], ended)

        assert isinstance(ledger.reserve(reservation("r3", hold(1, calls))), Reserved)
        assert isinstance(ledger.reserve(reservation("r4", hold(1, calls))), Shortage)
        balance = books.balance(calls, "all")
        assert (balance.pending, balance.posted, balance.left) == (2, 0, 0)

    def test_a_call_in_flight_of_yesterday_is_still_in_flight(self, ledger, books, defined):
        calls = defined(Unit.IN_FLIGHT, 1, WindowKind.NONE)
        ledger.reserve(reservation("r1", hold(1, calls)))
        tomorrow = NOON + timedelta(days=1)

        ledger.tidy(tomorrow, batch_max=100)
        again = ledger.reserve(reservation("r2", hold(1, calls, tomorrow), now=tomorrow))

        assert isinstance(again, Shortage)

    @pytest.mark.parametrize(("unit", "posted"), [(Unit.INPUT_TOKENS, 11), (Unit.OUTPUT_TOKENS, 7)])
    def test_tokens_in_and_tokens_out_are_posted_as_reported(
        self, ledger, books, defined, unit, posted
    ):
        tokens = defined(unit, 100)
        held = reservation("r1", hold(30, tokens))
        ledger.reserve(held)

        ledger.resolve(held, REPORTED)

        self.check(books, tokens, pending=0, posted=posted)

    @pytest.mark.parametrize("unit", [Unit.INPUT_TOKENS, Unit.OUTPUT_TOKENS])
    def test_tokens_that_nobody_counted_are_posted_as_held(self, ledger, books, defined, unit):
        tokens = defined(unit, 100)
        held = reservation("r1", hold(30, tokens))
        ledger.reserve(held)

        ledger.resolve(held, EXPIRED)

        self.check(books, tokens, pending=0, posted=30)

    def test_one_call_is_held_and_posted_in_every_unit_at_once(self, ledger, books, defined):
        held_and_posted = {
            Unit.USD: (100, 40),
            Unit.TOKENS: (90, 18),
            Unit.INPUT_TOKENS: (30, 11),
            Unit.OUTPUT_TOKENS: (60, 7),
            Unit.REQUESTS: (1, 1),
            Unit.IN_FLIGHT: (1, 0),
        }
        budgets = {unit: defined(unit, 1_000) for unit in held_and_posted}
        held = reservation(
            "r1", *(hold(amount, budgets[unit]) for unit, (amount, _) in held_and_posted.items())
        )

        ledger.reserve(held)
        for unit, (amount, _) in held_and_posted.items():
            self.check(books, budgets[unit], pending=amount, posted=0)
        ledger.resolve(held, REPORTED)

        for unit, (_, posted) in held_and_posted.items():
            self.check(books, budgets[unit], pending=0, posted=posted)

    @pytest.mark.parametrize("short", [Unit.REQUESTS, Unit.IN_FLIGHT])
    def test_a_call_that_one_unit_has_no_room_for_holds_nothing_of_the_others(
        self, ledger, books, daily, defined, short
    ):
        full = defined(short, 1)
        ledger.reserve(reservation("r1", hold(1, full)))

        refused = ledger.reserve(reservation("r2", hold(100, daily), hold(1, full)))

        assert isinstance(refused, Shortage)
        assert refused.hold.unit is short
        self.check(books, daily, pending=0, posted=0)
        assert books.balance(daily, DAY).left == 1_000

    @pytest.mark.parametrize("window", list(WindowKind))
    def test_every_window_is_held_posted_and_tidied(self, ledger, books, defined, window):
        of = defined(Unit.USD, 1_000, window)
        window_id = of.window_at(NOON).id
        held = reservation("r1", hold(100, of))
        ledger.reserve(held)
        ledger.resolve(held, SETTLED)

        ledger.tidy(NOON + timedelta(days=800), batch_max=100)

        balance = books.balance(of, window_id)
        assert (balance.pending, balance.posted, balance.left) == (0, 40, 960)
        assert isinstance(ledger.reserve(reservation("r2", hold(960, of))), Reserved)
        assert isinstance(ledger.reserve(reservation("r3", hold(1, of))), Shortage)

    def test_each_session_has_the_whole_limit_and_a_new_limit_reaches_those_that_began(
        self, ledger, books, defined
    ):
        steps = defined(Unit.REQUESTS, 1, WindowKind.SESSION)
        first, second = (in_run([steps], run)[0] for run in RUNS)

        outcomes = [
            ledger.reserve(reservation(f"r{number}", hold(1, run)))
            for number, run in enumerate((first, first, second))
        ]

        assert [type(outcome) for outcome in outcomes] == [Reserved, Shortage, Reserved]
        books.define(replace(steps, limit=2), steps.window_at(NOON).id)
        assert isinstance(ledger.reserve(reservation("r3", hold(1, first))), Reserved)
        balance = books.balance(first, first.window_at(NOON).id)
        assert (balance.limit, balance.pending, balance.left) == (2, 2, 0)

    def test_a_call_that_stands_deep_in_its_run_is_found_again_as_it_was_held(
        self, ledger, books, daily
    ):
        deep = reservation("r1", hold(100, daily), path_digests=("a" * 12, "b" * 12), retry=3)

        held = ledger.reserve(deep).reservation
        again = ledger.reserve(replace(deep, attempt="another")).reservation
        ended = ledger.resolve(held, SETTLED)

        assert (held.path_digests, held.retry) == (deep.path_digests, 3)
        assert (again.path_digests, again.retry) == (deep.path_digests, 3)
        assert ended.first
        assert ended.resolved.reservation == held
