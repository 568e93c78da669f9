"""Accounts that grow from one shard to many, on the faster of the DynamoDBs."""

from collections import Counter
from dataclasses import replace

import pytest

from cost_sentry.adapters.dynamodb_journal import DynamoDbJournal
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_items import SPLIT, window_key
from cost_sentry.adapters.ledger_walk import shards_of
from cost_sentry.adapters.ledger_windows import WindowState
from cost_sentry.adapters.system_clock import pause
from cost_sentry.application.ports import Reserved, SameId, Shortage
from cost_sentry.domain import shard as shard_module
from cost_sentry.domain.allotment import DIRECT_PLACES_MAX, STRANDED_SHARE
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.ledger_entry import EntryKind, LedgerEntry
from cost_sentry.domain.shard import DEEP_FROM_BITS, PENDING_MAX, pending_max
from tests.contract.engines import DYNOXIDE
from tests.contract.ledger_case import DAY
from tests.fakes.builders import NOON, budget, hold, reservation, resolution

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("engine", [DYNOXIDE])]
ACCOUNT = "search/web"
MANY = 220


@pytest.fixture
def calls(table):
    return table.items


@pytest.fixture
def shallow(monkeypatch):
    """Deep shards as small as the first ones, so that few calls crowd a window."""
    monkeypatch.setattr(shard_module, "DEEP_FACTOR", 1)


def journal_of(calls):
    return DynamoDbJournal(JournalCalls(calls._client, calls._table), calls, pause)


def settled_entry(held):
    return LedgerEntry(
        account=ACCOUNT,
        sequence=99,
        kind=EntryKind.SETTLE,
        at=NOON,
        reservation=held,
        resolution=resolution(40),
    )


def reserve_many(ledger, many, each=100, **changes):
    found = [ledger.reserve(reservation(f"r{n}", hold(each), **changes)) for n in range(many)]
    return found, Counter(type(answer).__name__ for answer in found)


def test_a_busy_account_grows_shards_and_each_of_them_stays_small(calls, ledger, books):
    books.define(budget(limit=100 * MANY), DAY)

    _, answers = reserve_many(ledger, MANY)

    shards = list(shards_of(calls, ACCOUNT))
    open_shards = [shard for shard in shards if shard.state is None]
    assert answers == {"Reserved": MANY}
    assert all(len(shard.pending) <= pending_max(shard.shard) for shard in shards)
    assert len(open_shards) >= 2**DEEP_FROM_BITS
    assert {shard.state for shard in shards} == {None, SPLIT}
    assert len(books.pending(ACCOUNT)) == MANY


def test_with_more_shards_than_a_window_serves_itself_the_last_cent_is_still_spent(
    shallow, calls, ledger, books
):
    """All of the calls cost what they hold, so nothing comes back to shards behind pools."""
    daily = budget(limit=100 * MANY)
    books.define(daily, DAY)

    _, answers = reserve_many(ledger, MANY + 5)

    window = WindowState.of(calls.get(window_key(f"{daily.id}@{DAY}")))
    assert answers == {"Reserved": MANY, "Shortage": 5}
    assert len(window.places) == DIRECT_PLACES_MAX
    assert window.pools > 0
    balance = books.balance(daily, DAY)
    assert (balance.pending, balance.posted, balance.left) == (100 * MANY, 0, 0)


def test_what_shards_behind_pools_get_back_they_do_not_keep(shallow, ledger, books):
    daily = budget(limit=100 * MANY)
    books.define(daily, DAY)
    found, _ = reserve_many(ledger, MANY)
    for answer in found:
        ledger.resolve(answer.reservation, resolution(40))

    refused = None
    for n in range(MANY):
        answer = ledger.reserve(reservation(f"again{n}", hold(100)))
        if isinstance(answer, Shortage):
            refused = answer
            break

    balance = books.balance(daily, DAY)
    assert balance.posted == 40 * MANY
    assert refused is not None
    assert refused.remaining.left <= balance.left < 100 + daily.limit / STRANDED_SHARE


def test_another_environment_finds_every_reservation_where_it_is(calls, ledger, books):
    books.define(budget(limit=100 * MANY), DAY)
    found, _ = reserve_many(ledger, MANY)
    elsewhere = DynamoDbLedger(calls, pause)

    same, _ = reserve_many(elsewhere, MANY)
    _, others = reserve_many(DynamoDbLedger(calls, pause), MANY, attempt="another")

    assert [a.reservation for a in same] == [a.reservation for a in found]
    assert others == {"SameId": MANY}
    for asked in (DynamoDbLedger(calls, pause).known, DynamoDbLedger(calls, pause).known):
        knows = [asked(reservation(f"r{n}", attempt="another")) for n in range(0, MANY, 9)]
        assert [one.reservation for one in knows] == [a.reservation for a in found[::9]]
    assert ledger.known(reservation("nobody's")) is None
    assert len(books.pending(ACCOUNT)) == MANY


def test_an_id_whose_shard_split_after_its_call_ended_is_not_paid_twice(calls, ledger, books):
    """The first shard's calls end, then it splits; its halves must remember them."""
    books.define(budget(limit=100 * MANY), DAY)
    first = [reservation(f"r{n}", hold(100)) for n in range(PENDING_MAX)]
    for held in first:
        ledger.reserve(held)
        ledger.resolve(held, resolution(40))
    stay = [reservation(f"stay{n}", hold(100)) for n in range(PENDING_MAX + 8)]
    assert all(isinstance(ledger.reserve(held), Reserved) for held in stay)
    assert any(shard.state == SPLIT for shard in shards_of(calls, ACCOUNT))

    again = replace(first[-2], attempt="another")
    with pytest.raises(LedgerUnavailable, match="was used a moment ago"):
        DynamoDbLedger(calls, lambda _attempt: None).reserve(again)
    with pytest.raises(LedgerUnavailable, match="was used a moment ago"):
        DynamoDbLedger(calls, lambda _attempt: None).known(again)
    journal_of(calls).write([settled_entry(first[-2])])

    told = ledger.reserve(again)

    assert told == SameId(reservation=first[-2], resolution=resolution(40))
    assert DynamoDbLedger(calls, pause).known(again) == told
    assert len(books.pending(ACCOUNT)) == len(stay)


def test_a_reservation_is_resolved_in_the_shard_that_holds_it(ledger, books):
    daily = budget(limit=100 * MANY)
    books.define(daily, DAY)
    found, _ = reserve_many(ledger, 60)

    for answer in found:
        assert ledger.resolve(answer.reservation, resolution(40)).first
        assert ledger.resolve(answer.reservation, resolution(40)).first

    balance = books.balance(daily, DAY)
    assert (balance.pending, balance.posted) == (0, 60 * 40)
