"""The life of an account that nobody uses any more, and of one that somebody comes back to."""

from datetime import timedelta

import pytest

from cost_sentry.adapters.dynamodb_journal import DynamoDbJournal
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.ledger_items import CLOSED, ShardState, place_key
from cost_sentry.adapters.ledger_walk import accounts
from cost_sentry.adapters.system_clock import pause
from cost_sentry.application.journal_progress import Progress
from cost_sentry.application.ports import Reserved, SameId, Shortage
from cost_sentry.domain.ledger_entry import EntryKind, LedgerEntry
from tests.contract.engines import TABLES
from tests.contract.ledger_case import LedgerCase
from tests.fakes.builders import NOON, hold, reservation, resolution

ACCOUNT = "search/web"
EVERY_MINUTES = 10
RUNS_MAX = 10
"""Scheduled runs within which an account comes to rest."""


@pytest.mark.parametrize("engine", TABLES)
class TestAccountsAtRest(LedgerCase):
    @pytest.fixture(autouse=True)
    def _runs_tell_the_time(self, monkeypatch):
        """No store's clock goes as fast as these runs."""
        monkeypatch.setattr(LedgerCalls, "answered_at", lambda _: None)

    @pytest.fixture
    def calls(self, table):
        return table.items

    @pytest.fixture
    def journal(self, calls):
        return DynamoDbJournal(JournalCalls(calls._client, calls._table), calls, pause)

    @pytest.fixture
    def rested(self, calls, ledger, journal, daily):
        """What was reserved and settled before the account came to rest."""
        held = self.held(ledger, "r1", hold(100))
        ledger.resolve(held, resolution(40))
        self.journaled(calls, journal, held)
        self.let_rest(ledger, hours=2)
        return held

    @staticmethod
    def journaled(calls, journal, held):
        shard = ShardState.of(calls.get(place_key(ACCOUNT)))
        ended = {"reservation": held, "resolution": resolution(40)}
        entry = LedgerEntry(
            account=ACCOUNT, sequence=shard.sequence, kind=EntryKind.SETTLE, at=NOON, **ended
        )
        journal.write([entry])
        journal.advance(ACCOUNT, Progress(), Progress(projected=shard.sequence))

    @staticmethod
    def let_rest(ledger, *, hours):
        """Its money goes home first, and then it is an hour until it rests."""
        for run in range(RUNS_MAX):
            ledger.tidy(NOON + timedelta(hours=hours, minutes=EVERY_MINUTES * run), 100)

    def test_nobody_reads_an_account_any_more_that_was_not_used_for_an_hour(
        self, calls, ledger, books, daily, rested
    ):
        shard = ShardState.of(calls.get(place_key(ACCOUNT)))
        assert [*accounts(calls)] == []
        assert (shard.state, shard.free, shard.ended, shard.faded) == (CLOSED, {}, set(), set())
        balance = self.check(books, daily, pending=0, posted=40)
        assert (balance.unallotted, balance.free) == (960, 0)

    def test_an_account_that_was_used_a_moment_ago_stays_on_the_register(
        self, calls, ledger, journal, daily
    ):
        held = self.held(ledger, "r1", hold(100))
        ledger.resolve(held, resolution(40))
        self.journaled(calls, journal, held)

        ledger.tidy(NOON + timedelta(minutes=59), 100)

        assert [*accounts(calls)] == [ACCOUNT]

    def test_whoever_calls_again_is_served_and_its_entries_are_counted_on(
        self, calls, ledger, books, daily, rested
    ):
        before = ShardState.of(calls.get(place_key(ACCOUNT))).sequence

        again = DynamoDbLedger(calls, pause).reserve(reservation("r2", hold(100)))

        after = ShardState.of(calls.get(place_key(ACCOUNT)))
        assert isinstance(again, Reserved)
        assert [*accounts(calls)] == [ACCOUNT]
        assert (after.state, after.sequence) == (None, before + 1)
        self.check(books, daily, pending=100, posted=40)

    def test_an_environment_that_knew_the_account_before_is_served_too(
        self, calls, ledger, books, daily, rested
    ):
        assert isinstance(ledger.reserve(reservation("r2", hold(100))), Reserved)
        assert [*accounts(calls)] == [ACCOUNT]

    def test_an_id_that_was_used_before_is_still_known(self, calls, ledger, daily, rested):
        told = SameId(reservation=rested, resolution=resolution(40))
        again = reservation("r1", hold(100), attempt="another")

        assert ledger.known(again) == told
        assert ledger.reserve(again) == told
        assert DynamoDbLedger(calls, pause).known(again) == told
        assert [*accounts(calls)] == []

    def test_an_id_that_is_new_is_held_by_nobody(self, calls, ledger, daily, rested):
        assert ledger.known(reservation("r2", hold(100))) is None
        assert [*accounts(calls)] == []

    def test_who_is_refused_for_lack_of_money_is_told_by_how_much_it_is_short(
        self, calls, ledger, daily, rested
    ):
        refused = ledger.reserve(reservation("r2", hold(961)))

        assert isinstance(refused, Shortage)
        assert refused.remaining.left == 960

    def test_a_settlement_that_comes_again_is_told_how_the_call_ended(self, ledger, daily, rested):
        told = ledger.resolve(rested, resolution(50))

        assert (told.first, told.resolved.resolution) == (False, resolution(40))

    def test_an_account_with_a_call_that_runs_never_rests(self, calls, ledger, journal, daily):
        held = self.held(ledger, "r1", hold(100))
        ledger.resolve(held, resolution(40))
        self.held(ledger, "r2", hold(100))
        self.journaled(calls, journal, held)

        self.let_rest(ledger, hours=2)

        assert [*accounts(calls)] == [ACCOUNT]
        assert {r.request_id for r in ledger.expired(NOON + timedelta(days=1), 10)} == {"r2"}
