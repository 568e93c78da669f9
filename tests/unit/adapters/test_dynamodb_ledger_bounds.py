"""How often the ledger tries, what it waits for, and how much one scheduled run does."""

from datetime import timedelta

import pytest

from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_ledger import ATTEMPTS_MAX, DynamoDbLedger
from cost_sentry.adapters.ledger_calls import Conflict, LedgerCalls
from cost_sentry.adapters.ledger_items import (
    ShardState,
    place_key,
    window_key,
)
from cost_sentry.adapters.ledger_memory import Memory
from cost_sentry.adapters.ledger_patience import THROTTLED_MAX
from cost_sentry.application.ports import Reserved
from cost_sentry.domain.allotment import CALLS_PER_REFILL
from cost_sentry.domain.errors import LedgerContention, LedgerThrottled, LedgerUnavailable
from cost_sentry.domain.reservation import (
    EXPIRY_EVERY_MINUTES,
    Reservation,
    charged_in_full,
)
from cost_sentry.domain.shard import pending_max
from tests.fakes.builders import NOON, ManualClock, budget, hold, reservation, resolution
from tests.fakes.moto_journal import journal_on_moto, no_pause

DAY = "2026-11-21"
DAILY = budget(limit=100_000)
PURSE = f"{DAILY.id}@{DAY}"
SMALL = budget("small", limit=10_000)
SMALL_PURSE = f"{SMALL.id}@{DAY}"


class Met(LedgerCalls):
    """Meets something at so many of its writes to shards."""

    times, writes = 0, 0
    what = Conflict()
    transactions = 0
    silent = False

    split_fault = None
    looks = 0
    """At a window of ``SMALL``."""

    def get(self, key):
        self.looks += key == window_key(SMALL_PURSE)
        return super().get(key)

    def update(self, arguments):
        self.writes += 1
        if self.split_fault and "#state = :split" in arguments["UpdateExpression"]:
            fault, self.split_fault = self.split_fault, None
            raise fault
        if self.times:
            self.times -= 1
            if isinstance(self.what, Exception):
                raise self.what
            return self.what
        return super().update(arguments)

    def transact(self, actions):
        self.transactions += 1
        if self.silent:
            raise LedgerUnavailable("silence")
        return super().transact(actions)


@pytest.fixture
def calls(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        calls = Met(store.client, "ledger")
        for of in (DAILY, SMALL):
            DynamoDbBooks(calls, no_pause, ManualClock()).define(of, DAY)
        yield calls


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def ledger(calls, pauses):
    return DynamoDbLedger(calls, pauses.append)


def held(ledger, request_id="r1", amount=100, **changes):
    answer = ledger.reserve(reservation(request_id, hold(amount, DAILY), **changes))
    assert isinstance(answer, Reserved)
    return answer.reservation


def shard(calls, place="search/web"):
    return ShardState.of(calls.get(place_key(place)))


@pytest.mark.parametrize("verb", ["reserve", "resolve"])
def test_a_table_that_answers_not_now_is_asked_six_times_and_no_more(calls, ledger, pauses, verb):
    """Each time the client itself has waited up to a second; what may be held is given back."""
    kept = held(ledger)
    calls.times, calls.writes, calls.what = 1_000, 0, LedgerThrottled("too often")
    pauses.clear()

    with pytest.raises(LedgerThrottled, match="too often") as refused:
        held(ledger, "r2") if verb == "reserve" else ledger.resolve(kept, resolution(40))

    assert (len(pauses), refused.value.is_silent) == (5, False)
    assert calls.writes - (verb == "reserve") <= THROTTLED_MAX + 1


def test_a_throttled_look_into_the_journal_is_tried_again(calls, ledger, pauses, monkeypatch):
    asked = []

    def once_throttled(self, _reservation, *, at_once):
        asked.append(at_once)
        if len(asked) == 1:
            raise LedgerThrottled("too often")

    monkeypatch.setattr(Memory, "of_the_past", once_throttled)

    assert isinstance(held(ledger), Reservation)
    assert (asked, pauses) == ([True, False], [0])


def test_others_in_the_way_are_waited_for_sixty_times_and_no_more(calls, ledger, pauses):
    kept = held(ledger)
    for act in (lambda: held(ledger, "r2"), lambda: ledger.resolve(kept, resolution(40))):
        calls.times, calls.writes = 1_000, 0
        pauses.clear()
        with pytest.raises(LedgerContention, match="'search/web' has too many writers"):
            act()
        calls.times = 0
        assert pauses == list(range(ATTEMPTS_MAX)) == list(range(60))


def test_a_full_shard_that_is_too_busy_to_split_is_asked_again(calls, ledger, pauses):
    for n in range(pending_max("")):
        held(ledger, f"r{n}")
    calls.split_fault = LedgerThrottled("too often")
    pauses.clear()

    assert isinstance(held(ledger, "one more"), Reservation)
    assert pauses == [0]


def test_a_settle_that_met_others_happens_once_they_have_gone(calls, ledger, pauses):
    kept = held(ledger)
    calls.times = 3

    assert ledger.resolve(kept, resolution(40)).first
    assert pauses == [0, 1, 2]


@pytest.mark.parametrize(("early", "found"), [(timedelta(0), 1), (timedelta(milliseconds=1), 0)])
def test_a_reservation_is_due_from_the_moment_at_which_it_expires(ledger, early, found):
    kept = held(ledger)

    assert len(list(ledger.expired(kept.expires_at - early, 10))) == found


def test_no_more_reservations_are_due_than_were_asked_for(ledger):
    for n in range(3):
        held(ledger, f"r{n}")

    assert len(list(ledger.expired(NOON + timedelta(days=1), 2))) == 2


def test_accounts_with_more_overdue_calls_than_one_run_takes_starve_nobody(ledger):
    """Of three accounts with two calls each, none of which can be resolved, two are taken a run."""
    for n in range(6):
        held(ledger, f"r{n}", account=f"search/{'abc'[n % 3]}")
    runs = [NOON + timedelta(days=1, minutes=n * EXPIRY_EVERY_MINUTES) for n in range(3)]

    first = [[one.account for one in ledger.expired(now, 2)] for now in runs]

    assert sorted(map(tuple, first)) == [("search/" + name,) * 2 for name in "abc"]
    assert len(list(ledger.expired(runs[0], 100))) == 6


def two_accounts_with_ended_windows(ledger):
    for name in ("app", "web"):
        kept = held(ledger, f"of {name}", account=f"search/{name}")
        ledger.resolve(kept, resolution(40))


@pytest.mark.parametrize(("batch_max", "done"), [(9, 4), (1, 2), (0, 0)])
def test_a_run_tidies_no_more_than_it_was_asked_for_over_all_accounts(ledger, batch_max, done):
    """In each of them a window has ended, and a call is remembered that ended days ago."""
    two_accounts_with_ended_windows(ledger)

    assert ledger.tidy(NOON + timedelta(days=3), batch_max) == done


def test_a_retry_of_the_same_attempt_is_told_what_is_left_now(calls, ledger):
    first = ledger.reserve(reservation("r1", hold(100, DAILY)))

    again = ledger.reserve(reservation("r1", hold(100, DAILY)))

    assert again == first
    assert again.remaining[0].left == DAILY.limit - 100


def test_another_invocation_is_told_what_is_left_and_holds_it_from_now_on(ledger):
    first = ledger.reserve(reservation("r1", hold(100, DAILY), attempt="run.first"))

    second = ledger.reserve(reservation("r1", hold(100, DAILY), attempt="run.second"))

    assert second.reservation.attempt == "run.second"
    assert second.remaining == first.remaining


def test_another_invocation_takes_a_call_over_by_one_write_more(calls, ledger):
    ledger.reserve(reservation("r1", hold(100, DAILY), attempt="run.first"))
    calls.writes = 0

    ledger.reserve(reservation("r1", hold(100, DAILY), attempt="run.second"))

    assert calls.writes == 2


def test_whoever_settles_for_another_invocation_is_told_which_one_holds_it(ledger):
    first = ledger.reserve(reservation("r1", hold(100, DAILY), attempt="run.first")).reservation
    second = ledger.reserve(reservation("r1", hold(100, DAILY), attempt="run.second")).reservation

    assert ledger.resolve(first, resolution(40)).resolved.reservation == second


def test_whoever_settles_an_expired_call_is_told_what_was_held(ledger):
    first = ledger.reserve(reservation("r1", hold(100, DAILY), attempt="run.first")).reservation
    second = ledger.reserve(reservation("r1", hold(100, DAILY), attempt="run.second")).reservation
    ledger.resolve(second, charged_in_full(second, NOON))

    assert ledger.resolve(first, resolution(40)).resolved.reservation == second


def emptied(calls, left, purse=PURSE):
    """The shard has this much for the calls that come next."""
    calls.update(
        {
            "Key": place_key("search/web"),
            "UpdateExpression": "SET #free.#purse = :left",
            "ExpressionAttributeNames": {"#free": "free", "#purse": purse},
            "ExpressionAttributeValues": {":left": {"N": str(left)}},
        }
    )


@pytest.mark.parametrize(("left", "comes_along"), [(199, True), (200, False)])
def test_what_the_next_call_would_lack_comes_along_with_what_this_one_lacks(
    calls, ledger, left, comes_along
):
    both = hold(100, SMALL), hold(100, DAILY)
    ledger.reserve(reservation("r1", *both))
    emptied(calls, 0, SMALL_PURSE)
    emptied(calls, left)
    calls.looks = 0

    ledger.reserve(reservation("r2", *both))

    assert shard(calls).free[PURSE] == left - 100 + (CALLS_PER_REFILL * 100 if comes_along else 0)
    assert calls.looks == 1


@pytest.mark.parametrize(
    ("left", "calls_running", "filled"),
    [(40, 2, True), (39, 1, False), (139, 2, False), (40, 1, False)],
    ids=["short", "idle", "enough", "idle and short"],
)
def test_a_busy_shard_is_filled_when_a_call_ends_so_that_the_next_need_not_wait(
    calls, ledger, left, calls_running, filled
):
    kept = [held(ledger, f"r{n}") for n in range(calls_running)]
    emptied(calls, left - 40)

    ledger.resolve(kept[0], resolution(100 - 40))

    expected = left + (CALLS_PER_REFILL * 100 if filled else 0)
    assert shard(calls).free[PURSE] == expected


def test_a_settle_stands_also_if_the_shard_cannot_be_filled(calls, ledger):
    kept = [held(ledger, f"r{n}") for n in range(2)]
    emptied(calls, 0)
    calls.silent = True

    assert ledger.resolve(kept[0], resolution(60)).first
    assert shard(calls).free[PURSE] == 40


def test_a_lost_answer_while_money_is_given_back_does_not_hide_the_settle(calls, ledger):
    kept = held(ledger)
    calls.silent = True

    assert ledger.resolve(kept, resolution(40)).first
