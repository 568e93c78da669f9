"""What is used of a window, as shadows are told: exact at one instant, or not known; two reads."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.dynamodb_window_use import READS_MAX, DynamoDbWindowUse
from cost_sentry.adapters.ledger_calls import TRANSACTION_ITEMS_MAX, LedgerCalls
from cost_sentry.adapters.ledger_items import number, window_key
from cost_sentry.domain.budget import UNREACHED, Unit
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.reservation import ReservationState
from cost_sentry.domain.window import WindowKind
from tests.fakes.builders import NOON, ManualClock, budget, hold, reservation, resolution
from tests.fakes.moto_journal import journal_on_moto, no_pause
from tests.fakes.noted_calls import shard_item

RPM = budget("rpm", UNREACHED, unit=Unit.REQUESTS, window=WindowKind.MINUTE)
RUNNING = budget("running", UNREACHED, unit=Unit.IN_FLIGHT, window=WindowKind.NONE)
HOLDS = hold(1, RPM), hold(1, RUNNING)
MOTO_MAX = 25
"""Items of one transaction, as DynamoDB had it once."""
KEYS = tuple(one.key for one in HOLDS)


class Watched(LedgerCalls):
    """Counts reads; the next snapshots meet other writers, or something happens before one."""

    reads, conflicts, meanwhile = 0, 0, None

    def get_many(self, keys):
        self.reads += 1
        return super().get_many(keys)

    def snapshot(self, keys):
        self.reads += 1
        if self.meanwhile:
            self.meanwhile()
            self.meanwhile = None
        if self.conflicts:
            self.conflicts -= 1
            return None
        if len(keys) > MOTO_MAX:
            assert len(keys) <= TRANSACTION_ITEMS_MAX
            return super().get_many(keys)
        return super().snapshot(keys)


class House:
    def __init__(self, store):
        self.client = store.client
        self.ledger = DynamoDbLedger(store.items, no_pause)
        self.books = DynamoDbBooks(store.items, no_pause, ManualClock())
        for one in (RPM, RUNNING):
            self.books.define(one, one.window_at(NOON).id)
        self.calls = Watched(store.client, "ledger")
        self.use = DynamoDbWindowUse(self.calls)

    def hold(self, request_id, account="search/web", seconds=0, holds=HOLDS):
        at = NOON + timedelta(seconds=seconds)
        asked = reservation(request_id, *holds, account=account, now=at)
        return self.ledger.reserve(asked).reservation

    def used(self, held, holds=HOLDS):
        before, found = self.calls.reads, self.use.used(held, holds)
        return found, self.calls.reads - before

    def put(self, item):
        self.client.put_item(TableName="ledger", Item=item)


@pytest.fixture
def house(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        yield House(store)


calls = st.lists(
    st.tuples(
        st.sampled_from(["search/web", "search/app", "support/-"]),
        st.sampled_from(
            [None, *(s for s in ReservationState if s is not ReservationState.PENDING)]
        ),
    ),
    min_size=1,
    max_size=12,
)


@settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(calls)
def test_what_is_used_is_what_the_books_say_is_pending_and_posted(monkeypatch, made):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        house = House(store)
        for i, (account, ends) in enumerate(made):
            held = house.hold(f"r{i}", account, seconds=i)
            if ends and i + 1 < len(made):
                house.ledger.resolve(held, resolution(state=ends))

            found, reads = house.used(house.hold(f"r{i}", account, seconds=i) if not ends else held)

            balances = [house.books.balance(b, b.window_at(NOON).id) for b in (RPM, RUNNING)]
            exact = {key: b.pending + b.posted for key, b in zip(KEYS, balances, strict=True)}
            assert found == exact
            assert reads <= READS_MAX


def test_once_it_is_known_where_the_money_lies_it_is_one_read(house):
    held = house.hold("r1")

    assert house.used(held) == (dict.fromkeys(KEYS, 1), 2)
    assert house.used(held) == (dict.fromkeys(KEYS, 1), 1)


def test_a_shard_that_drew_on_the_window_meanwhile_is_looked_at_too(house):
    held = house.hold("r1")
    house.used(held)
    house.hold("r2", "search/app")

    assert house.used(held) == (dict.fromkeys(KEYS, 2), 2)


def test_calls_that_were_reserved_later_are_not_in_the_way_of_this_one(house):
    first, second = house.hold("r1"), house.hold("r2", "search/app", seconds=1)
    third = house.hold("r3", seconds=1)

    assert house.used(first)[0] == dict.fromkeys(KEYS, 1)
    assert house.used(second)[0] == house.used(third)[0] == dict.fromkeys(KEYS, 3)


@pytest.mark.parametrize(("conflicts", "known"), [(1, True), (2, False)])
def test_where_others_write_meanwhile_it_is_tried_once_more_and_never_guessed(
    house, conflicts, known
):
    held = house.hold("r1")
    house.used(held)
    house.calls.conflicts = conflicts

    assert house.used(held) == (dict.fromkeys(KEYS, 1) if known else {}, 2)


def test_places_that_change_between_the_reads_are_not_guessed(house):
    held = house.hold("r1")
    house.calls.meanwhile = lambda: house.hold("r2", "search/app")

    assert house.used(held) == ({}, 2)
    assert house.used(held) == (dict.fromkeys(KEYS, 2), 1)


def test_a_crowded_window_is_not_counted_and_not_looked_at_again(house):
    held = house.hold("r1")
    limit = {"limit": number(UNREACHED), "unallotted": number(UNREACHED)}
    house.put({**window_key(KEYS[0]), **limit, "places": {"SS": ["search/x"]}, "pools": number(48)})

    assert house.used(held)[0] == {KEYS[1]: 1}
    assert [house.use.can_count(one) for one in HOLDS] == [False, True]
    assert house.used(held, HOLDS[:1]) == ({}, 0)


def test_a_window_that_becomes_crowded_is_noticed(house):
    held = house.hold("r1")
    house.used(held)
    limit = {"limit": number(UNREACHED), "unallotted": number(UNREACHED)}
    places = {"SS": ["search/web"]}
    house.put({**window_key(KEYS[0]), **limit, "places": places, "pools": number(48)})

    assert house.used(held, HOLDS[:1])[0] == {}
    assert not house.use.can_count(HOLDS[0])


def test_windows_in_more_places_than_one_read_takes_are_read_by_two(house):
    """Each of them at one instant all the same."""
    held, wide = house.hold("r1"), [hold(1, budget(f"wide-{n}")) for n in range(3)]
    for n, one in enumerate(wide):
        places = [f"search/app{n}{i:02d}" for i in range(48)]
        limit = {"limit": number(100), "unallotted": number(4)}
        house.put({**window_key(one.key), **limit, "places": {"SS": places}})
        for place in places:
            house.put(shard_item(place, free={one.key: 1}))
    assert house.used(held, wide)[0].keys() == {one.key for one in wide[:2]}

    assert house.used(held, wide) == ({one.key: 48 for one in wide}, 2)


def test_a_window_that_is_not_there_is_not_known(house):
    assert house.used(reservation("r1", *HOLDS)) == ({}, 2)


def test_a_ledger_that_does_not_answer_is_told(house, monkeypatch):
    def silent(_keys):
        raise LedgerUnavailable("silent")

    monkeypatch.setattr(house.calls, "get_many", silent)

    with pytest.raises(LedgerUnavailable):
        house.used(reservation("r1", *HOLDS))
