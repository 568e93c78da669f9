"""Every journal keeps meters by the same rules, whatever it is made of."""

from datetime import timedelta

import pytest

from cost_sentry.adapters.system_clock import pause
from cost_sentry.domain.emergency import SLOT_EXECUTION
from cost_sentry.domain.meter import Counts, bounds_of
from cost_sentry.domain.reservation import (
    EXTERNAL_ACCOUNTS,
    WAKE_PREFIX,
    ReservationState,
    charged_in_full,
)
from cost_sentry.domain.usage import TokenUsage
from tests.contract.engines import EVERY, MEMORY
from tests.fakes.builders import NOON, resolution
from tests.fakes.entries import Account
from tests.fakes.memory_journal import MemoryJournal
from tests.fakes.moto_journal import journal_on

NOVA = "amazon.nova-lite-v1:0"
MINUTE = timedelta(minutes=1)
USAGE = TokenUsage(
    input_tokens=3,
    output_tokens=4,
    cache_read_tokens=5,
    cache_write_5m_tokens=6,
    cache_write_1h_tokens=7,
)
USED = Counts(
    calls=1,
    picodollars=40,
    input_tokens=3,
    output_tokens=4,
    cache_read_tokens=5,
    cache_write_tokens=13,
)


@pytest.mark.parametrize("engine", EVERY)
class TestMeters:
    @pytest.fixture
    def both(self, engine, request):
        if engine == MEMORY:
            journal = MemoryJournal()
            return journal, journal.meters
        table = request.getfixturevalue("table")
        made = journal_on(table.client, table.name, pause)
        return made.journal, made.meters

    @pytest.fixture
    def journal(self, both):
        return both[0]

    @pytest.fixture
    def meters(self, both):
        return both[1]

    @staticmethod
    def own(meters, since=NOON - MINUTE, until=NOON + 2 * MINUTE):
        return meters.own(NOVA, since, until)

    def test_a_call_counts_by_its_bounds_while_it_runs_and_by_its_usage_after(
        self, journal, meters
    ):
        account = Account()
        held = account.reserve("r1")
        journal.write([held])
        running = self.own(meters)[NOON]
        journal.write([account.resolve(held, resolution(40, usage=USAGE))])

        assert running.bound == bounds_of(held.reservation)
        assert self.own(meters)[NOON].bound == USED
        assert list(self.own(meters)) == [NOON]

    def test_what_comes_again_is_used_once_and_never_below_what_was_used(self, journal, meters):
        account = Account()
        held = account.reserve("r1")
        ended = account.resolve(held, resolution(40, usage=USAGE))
        for batch in ([held], [held, ended], [ended], [held, ended]):
            journal.write(batch)

        meter = self.own(meters)[NOON]
        assert meter.used == USED
        assert meter.bound.at_least(USED) == meter.bound

    @pytest.mark.parametrize(
        ("ends", "used"),
        [
            (resolution(0, ReservationState.VOIDED), Counts()),
            (resolution(100, estimated=True), None),
            ("expires", None),
        ],
    )
    def test_a_call_that_ended_otherwise_is_released_and_assumed_to_have_used_all_or_nothing(
        self, journal, meters, ends, used
    ):
        account = Account()
        held = account.reserve("r1")
        how = charged_in_full(held.reservation, NOON) if ends == "expires" else ends
        journal.write([held, account.resolve(held, how)])

        meter = self.own(meters)[NOON]
        assert meter.bound == (bounds_of(held.reservation) if used is None else used)
        assert meter.held == meter.released

    @pytest.mark.parametrize("state", [ReservationState.SETTLED, ReservationState.VOIDED])
    def test_the_true_usage_of_an_expired_call_takes_the_place_of_the_assumed_one(
        self, journal, meters, state
    ):
        account = Account()
        held = account.reserve("r1")
        full = charged_in_full(held.reservation, NOON)
        true = resolution(40 if state is ReservationState.SETTLED else 0, state, usage=USAGE)
        journal.write([held, account.resolve(held, full)])
        journal.write([account.adjust(held.reservation, true)])

        meter = self.own(meters)[NOON]
        assert meter.bound == (USED if state is ReservationState.SETTLED else Counts())

    def test_a_call_that_used_what_was_assumed_of_it_changes_no_meter(self, journal, meters):
        account = Account()
        held = account.reserve("r1")
        full = charged_in_full(held.reservation, NOON)
        journal.write([held, account.resolve(held, full)])
        before = self.own(meters)
        late = account.adjust(held.reservation, resolution(100))
        journal.write([late])

        assert late in journal.entries("r1")
        assert self.own(meters) == before

    def test_a_minute_is_the_one_in_which_its_calls_began(self, journal, meters):
        late = Account("ads/web")
        held = late.reserve("r2", reserved_at=NOON + timedelta(seconds=59.999))
        next_one = late.reserve("r3", reserved_at=NOON + MINUTE)
        ended = late.resolve(held, resolution(40, resolved_at=NOON + 5 * MINUTE))
        journal.write([held, next_one, ended])

        assert set(self.own(meters)) == {NOON, NOON + MINUTE}
        assert set(self.own(meters, NOON, NOON + MINUTE)) == {NOON}
        assert set(self.own(meters, NOON + MINUTE, NOON + MINUTE)) == set()

    def test_teams_and_applications_are_counted_apart(self, journal, meters):
        for name in ("search/web", "search/app", "ads/web"):
            journal.write(Account(name).call(f"call of {name}", 40))

        teams = {
            team: meters.minutes(("team", team), NOON, NOON + MINUTE)[0].picodollars
            for team in ("search", "ads")
        }
        [web] = meters.minutes(("application", "search/web"), NOON, NOON + MINUTE)
        assert teams == {"search": 80, "ads": 40}
        assert (web.calls, web.picodollars, web.held_calls, web.held_picodollars) == (1, 40, 1, 100)
        assert set(meters.active(NOON)) == {
            ("model", NOVA),
            ("team", "search"),
            ("team", "ads"),
            *(("application", name) for name in ("search/web", "search/app", "ads/web")),
        }
        assert list(meters.active(NOON + timedelta(hours=1))) == []

    def test_an_earlier_hour_is_not_forgotten_when_another_begins(self, journal, meters):
        journal.write(Account("ads/web").call("r1", 1, reserved_at=NOON - timedelta(hours=2)))
        journal.write(Account("search/web").call("r2", 1))

        assert ("team", "ads") in meters.active(NOON - timedelta(hours=2))
        assert ("team", "ads") not in meters.active(NOON - timedelta(hours=1))

    def test_a_wake_pays_for_many_minutes_at_once_and_counts_in_none(self, journal, meters):
        account = Account()
        held = account.reserve("wake-1", model_used=f"{WAKE_PREFIX}support-llm")
        journal.write([held, account.resolve(held, resolution(40))])

        assert list(meters.active(NOON)) == []
        assert not meters.minutes(("team", "search"), NOON, NOON + MINUTE)

    def test_calls_that_were_set_aside_count_in_no_minute_and_at_once(self, journal, meters):
        account = Account("search/web/outage")
        held = account.reserve("slot", attempt=SLOT_EXECUTION)
        journal.write([held])
        journal.write([held])
        before = meters.slots(NOVA)
        journal.write([account.resolve(held, resolution(40, usage=USAGE))])

        assert self.own(meters) == {}
        assert before.bound == bounds_of(held.reservation)
        assert meters.slots(NOVA).bound == USED

    def test_external_usage_is_not_the_sentrys_own(self, journal, meters):
        account = Account(f"{EXTERNAL_ACCOUNTS}{NOVA}")
        journal.write(account.call("x1", 40))

        assert self.own(meters) == {}
        assert list(meters.active(NOON)) == []
