"""What a settlement and a scheduled run do besides: fill, give back, merge, all within bounds."""

from datetime import timedelta

import pytest

from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_calls import ConditionFailed, LedgerCalls
from cost_sentry.adapters.ledger_forgetting import STAMPS_MIN
from cost_sentry.adapters.ledger_items import SPLIT, Seen, ShardState, number, place_key, pool_key
from cost_sentry.adapters.ledger_pools import pool_of
from cost_sentry.adapters.ledger_shards import Shards
from cost_sentry.adapters.ledger_writes import reserve_arguments
from cost_sentry.application.ports import SameId
from cost_sentry.domain.allotment import CALLS_PER_REFILL
from cost_sentry.domain.errors import LedgerThrottled, LedgerUnavailable
from cost_sentry.domain.reservation import EXPIRY_EVERY_MINUTES, charged_in_full
from cost_sentry.domain.window import WindowKind
from tests.fakes.builders import NOON, ManualClock, budget, hold, reservation, resolution
from tests.fakes.moto_journal import journal_on_moto, no_pause

DAY = "2026-11-21"
PLACE = "search/web"
DAILY, SMALL = budget(limit=100_000), budget("small", limit=300)
EVER = budget("ever", limit=100_000, window=WindowKind.NONE)
PURSE, SMALL_PURSE, EVER_PURSE = f"{DAILY.id}@{DAY}", f"{SMALL.id}@{DAY}", f"{EVER.id}@all"
REFILL = CALLS_PER_REFILL * 100


class Throttled(LedgerCalls):
    """No transaction that speaks of this account is let through."""

    account = "none"
    fault = LedgerThrottled("not now")
    reached = ()

    def transact(self, actions):
        if f"ACCOUNT#{self.account}" in str(actions):
            self.reached = (*self.reached, str(actions))
            raise self.fault
        return super().transact(actions)


@pytest.fixture
def calls(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        books = DynamoDbBooks(store.items, no_pause, ManualClock())
        for of, window in ((DAILY, DAY), (SMALL, DAY), (EVER, "all")):
            books.define(of, window)
        yield Throttled(store.client, "ledger")


@pytest.fixture
def ledger(calls):
    return DynamoDbLedger(calls, no_pause)


def shard(calls):
    return ShardState.of(calls.get(place_key(PLACE)))


def set_in_shard(calls, name, value):
    calls.update(
        {
            "Key": place_key(PLACE),
            "UpdateExpression": "SET #name = :value",
            "ExpressionAttributeNames": {"#name": name},
            "ExpressionAttributeValues": {":value": value},
        }
    )


def set_free(calls, **by_budget):
    purses = {"daily": PURSE, "small": SMALL_PURSE, "ever": EVER_PURSE}
    free = {purses[name]: number(amount) for name, amount in by_budget.items()}
    set_in_shard(calls, "free", {"M": free})


def may_keep(calls, purse, free_max):
    told = Seen(limit=100_000, elsewhere=0, at_seconds=0, free_max=free_max)
    set_in_shard(calls, "seen", {"M": {purse: {"S": told.text()}}})


def pool(calls, purse):
    item = calls.get(pool_key(purse, pool_of(PLACE)))
    return item and int(item["unallotted"]["N"])


def running(ledger, *of, calls=2):
    holds = [hold(100, each) for each in of]
    answers = [ledger.reserve(reservation(f"r{n}", *holds)) for n in range(calls)]
    return [answer.reservation for answer in answers]


@pytest.mark.parametrize(("left", "comes_along"), [(199, True), (200, False)])
def test_a_busy_shard_is_filled_with_all_that_its_next_call_would_lack(
    calls, ledger, left, comes_along
):
    first, _ = running(ledger, DAILY, EVER)
    set_free(calls, ever=0, daily=left - 40)

    ledger.resolve(first, resolution(100 - 40))

    filled = REFILL if comes_along else 0
    assert shard(calls).free == {EVER_PURSE: 40 + REFILL, PURSE: left + filled}


def test_the_last_money_of_a_budget_is_not_laid_where_nobody_asked_for_it(calls, ledger):
    first, _ = running(ledger, SMALL)

    ledger.resolve(first, resolution(100 - 40))

    assert shard(calls).free == {SMALL_PURSE: 40}


def test_a_shard_that_has_split_is_not_filled(calls, ledger):
    first, _ = running(ledger, DAILY)
    set_free(calls, daily=0)
    set_in_shard(calls, "state", {"S": SPLIT})

    ledger.resolve(first, resolution(100 - 40))

    assert shard(calls).free == {PURSE: 40}


def test_a_shard_behind_a_pool_gives_back_what_it_may_not_keep_when_a_call_ends(calls, ledger):
    [kept] = running(ledger, DAILY, calls=1)
    set_free(calls, daily=0)
    may_keep(calls, PURSE, 40)

    ledger.resolve(kept, resolution(100 - 60))

    assert (shard(calls).free, pool(calls, PURSE)) == ({PURSE: 30}, 30)


@pytest.mark.parametrize(("moves_max", "done"), [(9, 3), (1, 3), (0, 0)])
def test_a_run_does_each_kind_of_work_as_often_as_it_was_asked_and_no_more(
    calls, ledger, moves_max, done
):
    """A backlog of ended windows keeps no surplus from going home, nor an account from its rest."""
    [kept] = running(ledger, DAILY, EVER, calls=1)
    ledger.resolve(kept, resolution(100))
    may_keep(calls, EVER_PURSE, 40)

    assert ledger.tidy(NOON + timedelta(days=3), moves_max) == done
    assert (PURSE not in shard(calls).free) is (done > 0)
    assert (pool(calls, EVER_PURSE) is not None) is (done > 0)
    assert bool(shard(calls).faded) is (done > 0)


@pytest.mark.parametrize(("moves_max", "merged"), [(9, 1), (1, 1), (0, 0)])
def test_a_run_merges_idle_halves_and_counts_it(calls, ledger, moves_max, merged):
    shards = Shards(calls)
    shards.open(PLACE, "")
    shards.split(shard(calls))

    assert ledger.tidy(NOON + timedelta(days=3), moves_max) == merged
    assert (shard(calls).state is None) is bool(merged)


def left_behind(ledger, *accounts, of=DAILY):
    for account in accounts:
        call = reservation(f"of {account}", hold(100, of), account=account)
        ledger.resolve(ledger.reserve(call).reservation, resolution(100))


def test_what_was_retired_in_one_account_is_not_retired_more_in_the_next(calls, ledger):
    left_behind(ledger, "search/app", "search/web")
    shards = Shards(calls)
    shards.open("search/idle", "")
    shards.split(ShardState.of(calls.get(place_key("search/idle"))))

    done = ledger.tidy(NOON + timedelta(days=3), 1)

    assert done == 3, "a window and the memory of one, and a merge of another"


def ended_in(calls, *accounts):
    items = (calls.get(place_key(account)) for account in accounts)
    return [PURSE not in ShardState.of(item).free for item in items]


ACCOUNTS = "search/app", "search/job", "search/web"


@pytest.mark.parametrize("account", ACCOUNTS)
def test_an_account_that_cannot_be_written_keeps_no_other_from_its_turn(calls, ledger, account):
    left_behind(ledger, *ACCOUNTS)
    calls.account = account

    with pytest.raises(LedgerThrottled, match="not now"):
        ledger.tidy(NOON + timedelta(days=3), 9)
    assert ended_in(calls, *ACCOUNTS) == [name != account for name in ACCOUNTS]


def test_a_ledger_that_is_silent_is_not_asked_for_each_account(calls, ledger):
    left_behind(ledger, *ACCOUNTS)
    calls.account, calls.fault = "search/", LedgerUnavailable("silence")

    with pytest.raises(LedgerUnavailable, match="silence"):
        ledger.tidy(NOON + timedelta(days=3), 9)
    assert len(calls.reached) == 1


def test_a_debt_is_paid_although_an_account_cannot_be_written(calls, ledger):
    left_behind(ledger, *ACCOUNTS, of=EVER)
    left_behind(ledger, "search/old")
    set_free(calls, ever=-40)
    calls.account = "search/old"

    with pytest.raises(LedgerThrottled):
        ledger.tidy(NOON + timedelta(days=3), 9)
    assert shard(calls).free[EVER_PURSE] == 0


def test_each_account_is_the_first_one_in_some_run(calls, ledger):
    """At the interval of the schedule: one that cannot be written then is not always the same."""
    accounts = [f"search/app{n}" for n in range(5)]
    left_behind(ledger, *accounts)
    calls.account, calls.fault = "search/", LedgerUnavailable("silence")
    every = timedelta(minutes=EXPIRY_EVERY_MINUTES)

    for run in range(len(accounts)):
        with pytest.raises(LedgerUnavailable):
            ledger.tidy(NOON + timedelta(days=3) + run * every, 9)
    assert {name for name in accounts for text in calls.reached if f"#{name}'" in text} == {
        *accounts
    }


def test_a_shard_that_remembers_enough_ended_calls_lays_them_aside_when_told(calls, ledger):
    for n in range(STAMPS_MIN):
        held = ledger.reserve(reservation(f"r{n}", hold(1, DAILY))).reservation
        ledger.resolve(held, resolution(1))

    ledger.forget(PLACE, NOON)

    assert (len(shard(calls).ended), len(shard(calls).faded)) == (0, STAMPS_MIN)


def test_an_id_that_expired_is_not_held_again_though_its_stamp_is_forgotten(calls, ledger):
    [kept] = running(ledger, DAILY, calls=1)
    ledger.resolve(kept, charged_in_full(kept, NOON))
    calls.update({"Key": place_key(PLACE), "UpdateExpression": "REMOVE ended"})

    assert isinstance(calls.update(reserve_arguments(kept)), ConditionFailed)
    assert isinstance(ledger.reserve(kept), SameId)
