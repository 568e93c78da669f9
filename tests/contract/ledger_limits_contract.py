"""What every book of limits must do, whatever it is made of. Each engine runs the same suite."""

from dataclasses import replace
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest

from cost_sentry.application.ports import Reserved, Shortage
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.errors import ConfigurationError
from cost_sentry.domain.reservation import ReservationState, charged_in_full
from cost_sentry.domain.window import WindowKind
from tests.contract.ledger_case import DAY, LedgerCase
from tests.fakes.builders import NOON, budget, hold, reservation, resolution


class LedgerLimitsContract(LedgerCase):
    """Subclasses provide ``ledger`` and ``books`` fixtures over one empty store."""

    def test_an_undefined_budget_spends_nothing(self, ledger, books):
        with pytest.raises(ConfigurationError, match="not defined"):
            ledger.reserve(reservation("r1", hold(1)))

        assert list(books.pending()) == []

    def test_defining_again_changes_nothing(self, ledger, books, daily):
        ledger.reserve(reservation("r1", hold(100)))

        assert books.define(daily, DAY) == 1_000
        self.check(books, daily, pending=100, posted=0)

    def test_raising_a_limit_takes_effect_at_once(self, ledger, books, daily):
        ledger.reserve(reservation("r1", hold(1_000)))
        assert isinstance(ledger.reserve(reservation("r2", hold(1))), Shortage)

        before = books.define(replace(daily, limit=1_500), DAY)

        assert before == 1_000
        assert isinstance(ledger.reserve(reservation("r2", hold(500))), Reserved)
        self.check(books, daily, pending=1_500, posted=0)

    def test_a_window_that_a_clock_ahead_has_opened_gets_the_new_limit_too(
        self, ledger, books, daily
    ):
        tomorrow = NOON + timedelta(days=1)
        early = reservation("r1", hold(300, of=daily, now=tomorrow), now=tomorrow)
        assert isinstance(ledger.reserve(early), Reserved)

        books.define(replace(daily, limit=400), DAY)

        window = daily.window_at(tomorrow).id
        assert books.balance(daily, window).limit == 400
        late = reservation("r2", hold(101, of=daily, now=tomorrow), now=tomorrow)
        assert isinstance(ledger.reserve(late), Shortage)

    def test_an_earlier_window_keeps_the_limit_that_it_had(self, ledger, books, daily):
        ledger.reserve(reservation("r1", hold(300)))
        tomorrow = daily.window_at(NOON + timedelta(days=1)).id

        books.define(replace(daily, limit=400), tomorrow)

        assert books.balance(daily, DAY).limit == 1_000

    def test_lowering_a_limit_takes_effect_at_once_and_keeps_what_is_spent(
        self, ledger, books, daily
    ):
        held = reservation("r1", hold(300))
        ledger.reserve(held)
        ledger.resolve(held, resolution(200))

        books.define(replace(daily, limit=250), DAY)

        assert self.check(books, daily, pending=0, posted=200).left == 50
        assert isinstance(ledger.reserve(reservation("r2", hold(51))), Shortage)
        assert isinstance(ledger.reserve(reservation("r3", hold(50))), Reserved)

    def test_lowering_a_limit_below_what_is_spent_stops_new_work_until_enough_is_back(
        self, ledger, books, daily
    ):
        first = reservation("r1", hold(400), account="search/web")
        second = reservation("r2", hold(400), account="search/app")
        ledger.reserve(first)
        ledger.reserve(second)

        books.define(replace(daily, limit=500), DAY)
        assert self.check(books, daily, pending=800, posted=0).left == -300
        ledger.resolve(first, resolution(350))
        for account in ("search/web", "search/app", "search/new"):
            refused = ledger.reserve(reservation("r3", hold(1), account=account))
            assert isinstance(refused, Shortage)
        ledger.resolve(second, resolution(0, ReservationState.VOIDED, total_tokens=0))

        assert self.check(books, daily, pending=0, posted=350).left == 150
        for n, account in enumerate(("search/web", "search/app", "search/new")):
            held = reservation(f"s{n}", hold(50), account=account)
            assert isinstance(ledger.reserve(held), Reserved)
        assert isinstance(ledger.reserve(reservation("s9", hold(1))), Shortage)

    def test_raising_a_limit_that_stays_below_what_is_spent_admits_nothing(
        self, ledger, books, daily
    ):
        ledger.reserve(reservation("r1", hold(800)))
        books.define(replace(daily, limit=500), DAY)

        books.define(replace(daily, limit=700), DAY)

        for account in ("search/web", "search/app"):
            refused = ledger.reserve(reservation("r2", hold(1), account=account))
            assert isinstance(refused, Shortage)
        assert self.check(books, daily, pending=800, posted=0).left == -100

    def test_what_an_expired_call_did_not_cost_pays_the_debt_of_a_lowered_limit_first(
        self, ledger, books, daily
    ):
        held = reservation("r1", hold(100))
        ledger.reserve(held)
        ledger.resolve(held, charged_in_full(held, NOON + timedelta(minutes=8)))
        books.define(replace(daily, limit=20), DAY)

        ledger.resolve(held, resolution(70))

        assert self.check(books, daily, pending=0, posted=70).left == -50
        for account in ("search/web", "search/app"):
            refused = ledger.reserve(reservation("r2", hold(1), account=account))
            assert isinstance(refused, Shortage)

    def test_a_limit_changed_before_the_window_opened_holds_from_its_first_call(
        self, ledger, books, daily
    ):
        books.define(replace(daily, limit=10), DAY)

        assert isinstance(ledger.reserve(reservation("r1", hold(11))), Shortage)

    @pytest.mark.parametrize(
        "change",
        [
            {"unit": Unit.TOKENS},
            {"window": WindowKind.MONTH},
            {"time_zone": ZoneInfo("Europe/Berlin")},
        ],
    )
    def test_a_budget_cannot_become_another_kind_of_budget(self, ledger, books, daily, change):
        other = replace(daily, **change)
        with pytest.raises(ConfigurationError, match="new id"):
            books.define(other, DAY)
        with pytest.raises(ConfigurationError, match="new id"):
            books.refuse_other_kinds([budget("new"), other])

        assert books.limits() == {"search-daily": 1_000}

    def test_a_new_budget_or_another_limit_is_no_other_kind_and_asking_defines_nothing(
        self, books, daily
    ):
        books.refuse_other_kinds([budget("new"), replace(daily, limit=5)])

        assert books.limits() == {"search-daily": 1_000}

    def test_a_budget_keeps_the_time_zone_that_it_was_defined_in(self, ledger, books):
        berlin = budget("berlin", 100, time_zone=ZoneInfo("Europe/Berlin"))
        books.define(berlin, DAY)

        assert books.define(replace(berlin, limit=200), DAY) == 100
        for zone in (UTC, ZoneInfo("Asia/Tokyo")):
            with pytest.raises(ConfigurationError, match="new id"):
                books.define(replace(berlin, time_zone=zone), DAY)
