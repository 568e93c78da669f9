"""A call is held by the very write that brings its money; what may come of that write."""

import pytest

from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_calls import ConditionFailed, Conflict, LedgerCalls, Written
from cost_sentry.adapters.ledger_items import Seen
from cost_sentry.application.ports import Remaining, Reserved
from cost_sentry.domain.errors import LedgerUnavailable
from tests.fakes.builders import ManualClock, budget, hold, reservation, resolution
from tests.fakes.moto_journal import journal_on_moto, no_pause
from tests.fakes.refill_kit import (
    LIMIT,
    PURSE,
    SECONDS,
    Kit,
    from_window,
    holder,
    want,
    window,
)

DAY = "2026-11-21"


@pytest.fixture
def store(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        DynamoDbBooks(store.items, no_pause, ManualClock()).define(budget(limit=1_000), DAY)
        yield store


def balance(store):
    found = DynamoDbBooks(store.items, no_pause, ManualClock()).balance(budget(limit=1_000), DAY)
    return found.pending, found.posted


class Deaf(LedgerCalls):
    """Loses the answer of the first transaction, which opens a window and holds nothing."""

    is_lost = False

    def transact(self, actions):
        outcome = super().transact(actions)
        if not self.is_lost and "unallotted" in str(actions):
            self.is_lost = True
            raise LedgerUnavailable("nobody heard")
        return outcome


def test_the_answer_tells_what_is_left_as_the_shard_and_the_window_were_seen():
    kit = Kit(window=window(10_000))

    answer = kit.refills.supply(holder(want(30)), [want(30)])

    assert answer == Reserved(
        reservation=holder(want()).reservation,
        remaining=(
            Remaining(
                budget_id=hold().budget_id,
                window_id=hold().window_id,
                limit=LIMIT,
                left=30 + 625 - 100 + 9_375,
                as_of=Seen(limit=LIMIT, elsewhere=0, at_seconds=SECONDS).at,
            ),
        ),
    )
    assert kit.supplied(want(30))[1][0] == from_window(625, 9_375)


def test_it_tells_of_every_budget_that_the_shard_knows_of(store):
    other = budget("other", limit=500)
    DynamoDbBooks(store.items, no_pause, ManualClock()).define(other, DAY)
    ledger = DynamoDbLedger(store.items, no_pause)
    ledger.reserve(reservation("r1", hold(100)))

    answer = ledger.reserve(reservation("r2", hold(10), hold(50, other)))

    assert [(r.budget_id, r.limit, r.left) for r in answer.remaining] == [
        ("search-daily", 1_000, 890),
        ("other", 500, 450),
    ]


@pytest.mark.parametrize(
    ("outcome", "tries"),
    [
        (ConditionFailed(item=None, at=frozenset({1})), 1),
        (ConditionFailed(item=None, at=frozenset({0, 1})), 1),
        (ConditionFailed(item=None, at=frozenset({0})), 60),
        (Conflict(), 60),
    ],
)
def test_a_shard_that_changed_is_looked_at_again_and_a_window_that_did_is_asked_again(
    outcome, tries
):
    kit = Kit(window=window(10_000), outcome=outcome)

    if tries == 1:
        assert kit.refills.supply(holder(want()), [want()]) is None
    else:
        kit.given_up(want())

    assert len(kit.calls.transactions) == tries


def test_a_first_call_is_held_by_the_write_that_brings_its_money(store):
    written = []

    class Noted(LedgerCalls):
        def update(self, arguments):
            written.append(outcome := super().update(arguments))
            return outcome

    answer = DynamoDbLedger(Noted(store.client, "ledger"), no_pause).reserve(reservation("r1"))

    assert isinstance(answer, Reserved)
    reserves = [outcome for outcome in written if isinstance(outcome, ConditionFailed)]
    assert len(reserves) == 2
    assert not any("pending" in str(o.attributes) for o in written if isinstance(o, Written))


def test_a_silence_before_anything_was_to_be_held_gives_nothing_back(store):
    deaf = Deaf(store.client, "ledger")

    with pytest.raises(LedgerUnavailable) as lost:
        DynamoDbLedger(deaf, no_pause).reserve(reservation("r1", hold(100)))

    assert lost.value.perhaps_held is None
    assert balance(store) == (0, 0)


def test_the_call_that_was_held_so_is_settled_as_any_other(store):
    ledger = DynamoDbLedger(store.items, no_pause)
    answer = ledger.reserve(reservation("r1", hold(100)))

    ledger.resolve(answer.reservation, resolution(40))

    assert balance(store) == (0, 40)
    assert PURSE in answer.reservation.holds[0].key
