"""What the ledger answers of calls that ended, and what their end sets going."""

from datetime import timedelta

import pytest

from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_ledger import CROWDED_AFTER, DynamoDbLedger
from cost_sentry.adapters.ledger_calls import Conflict, LedgerCalls
from cost_sentry.adapters.ledger_debts import DebtCover
from cost_sentry.adapters.ledger_items import ShardState, number, place_key, resolved_key
from cost_sentry.adapters.ledger_memory import Memory
from cost_sentry.adapters.ledger_shards import Shards
from cost_sentry.adapters.ledger_writes import resolved_text
from cost_sentry.application.ports import Reserved, SameId
from cost_sentry.domain.errors import LedgerThrottled, LedgerUnavailable
from cost_sentry.domain.reservation import Resolution, charged_in_full
from tests.fakes.builders import NOON, ManualClock, budget, hold, reservation, resolution
from tests.fakes.moto_journal import no_pause
from tests.simulation.dynamodb.model import DynamoDbModel, InstantClient

DAY, PLACE = "2026-11-21", "search/web"
DAILY = budget(limit=100_000)
PURSE = f"{DAILY.id}@{DAY}"
ENDED = resolution(40)


class Met(LedgerCalls):
    """Others are at the shard at so many writes, and something may happen meanwhile."""

    def __init__(self, client):
        super().__init__(client, "ledger")
        self.times, self.meanwhile, self.answers_at = 0, None, None

    def answered_at(self):
        return self.answers_at

    def update(self, arguments):
        if not self.times:
            return super().update(arguments)
        self.times -= 1
        if self.meanwhile:
            self.meanwhile()
        return Conflict()


class Table:
    """A ledger on a table of its own."""

    def __init__(self):
        self.client = InstantClient(DynamoDbModel(lambda: int(NOON.timestamp() * 1e6)))
        self.calls = Met(self.client)
        self.ledger = DynamoDbLedger(self.calls, no_pause)
        books = DynamoDbBooks(LedgerCalls(self.client, "ledger"), no_pause, ManualClock())
        books.define(DAILY, DAY)

    def held(self, request_id="r1", amount=100):
        answer = self.ledger.reserve(reservation(request_id, hold(amount, DAILY)))
        assert isinstance(answer, Reserved)
        return answer.reservation

    def journals(self, request_id, how=ENDED):
        """The journal has the end of a call."""
        text = resolved_text(reservation(request_id, hold(100, DAILY)), how)
        record = {**resolved_key(request_id, PLACE), "record": {"S": text}}
        self.client.put_item(TableName="ledger", Item=record)

    def has(self, free):
        """The shard has so much."""
        self.calls.update(
            {
                "Key": place_key(PLACE),
                "UpdateExpression": "SET #free.#purse = :left",
                "ExpressionAttributeNames": {"#free": "free", "#purse": PURSE},
                "ExpressionAttributeValues": {":left": number(free)},
            }
        )

    @property
    def shard(self):
        return ShardState.of(self.calls.get(place_key(PLACE)))


@pytest.fixture
def table():
    return Table()


def test_an_id_that_the_journal_has_is_answered_by_it_and_held_no_more(table):
    table.held("another")
    table.journals("r1")

    answer = table.ledger.reserve(reservation("r1", hold(100, DAILY)))

    assert isinstance(answer, SameId)
    assert answer.resolution == ENDED
    assert "r1" not in table.shard.pending


def knows_the_time(table):
    """An answer came at once, so the ledger's clock is known."""
    table.calls.answers_at, table.calls.answered_at_once = NOON, True
    table.held("first")


@pytest.mark.parametrize(
    ("waited", "is_known"),
    [(timedelta(seconds=10), False), (timedelta(seconds=10, milliseconds=1), True)],
)
def test_who_tried_for_more_than_ten_seconds_asks_the_journal_again(table, waited, is_known):
    knows_the_time(table)

    def meanwhile():
        table.journals("r1")
        table.calls.answers_at = NOON + waited

    table.calls.times, table.calls.meanwhile = 1, meanwhile
    looked = Memory.of_the_past
    Memory.of_the_past = lambda *_given, **_more: None  # It was new when it was first asked for.
    try:
        answer = table.ledger.reserve(reservation("r1", hold(100, DAILY)))
    finally:
        Memory.of_the_past = looked

    assert isinstance(answer, SameId if is_known else Reserved)


def memory(table, asked=NOON, answered=NOON):
    found = Memory(table.calls, no_pause)
    found._clock = None if asked is None else (NOON, asked - NOON)
    table.calls.answers_at = answered
    return found


LATE = NOON + timedelta(seconds=11)


@pytest.mark.parametrize(
    ("asked", "answered", "ended", "known"),
    [
        (NOON, LATE, True, True),
        (NOON, LATE, False, False),
        (NOON, NOON + timedelta(seconds=10), True, False),
        (None, LATE, True, False),
        (NOON, None, True, False),
    ],
    ids=["late", "late, and unknown", "in time", "no clock", "no answer's time"],
)
def test_what_the_journal_knows_by_now_is_the_answer(table, asked, answered, ended, known):
    if ended:
        table.journals("r1")

    found = memory(table, asked, answered).of_the_past_again(reservation("r1", hold(100, DAILY)))

    assert isinstance(found, SameId) == known
    assert known or found is None


def test_who_meets_others_four_times_in_a_row_splits_the_shard(table, monkeypatch):
    splits = []
    monkeypatch.setattr(Shards, "split", lambda _self, shard: splits.append(shard.place))
    table.held("first")

    table.calls.times = 3
    table.held("second")
    few = list(splits)
    table.calls.times = CROWDED_AFTER + 1
    table.held("third")

    assert (few, splits, CROWDED_AFTER) == ([], [PLACE], 3)


def test_who_is_told_how_a_call_ended_is_told_by_its_entry(table):
    kept = table.held()
    table.ledger.resolve(kept, ENDED)
    table.journals("r1", ENDED)

    again = table.ledger.resolve(kept, ENDED)
    other = table.ledger.resolve(kept, resolution(70))

    assert (again.first, again.resolved.resolution) == (True, ENDED)
    assert (other.first, other.resolved.resolution) == (False, ENDED)


def test_the_true_cost_of_an_expired_call_takes_the_place_of_its_charge(table):
    kept = table.held()
    table.ledger.resolve(kept, charged_in_full(kept, NOON))

    told = table.ledger.resolve(kept, resolution(30))

    assert (told.first, told.resolved.resolution.cost_picodollars) == (True, 30)
    assert not table.shard.expired


@pytest.mark.parametrize(
    ("free", "cost", "covers"),
    [(-10, 130, True), (30, 130, False), (-10, 100, False), (50, 100, False)],
    ids=["owes", "has just enough", "owes for another", "owes nothing"],
)
def test_a_debt_is_covered_by_the_end_of_the_call_that_made_it(
    table, monkeypatch, free, cost, covers
):
    covered = []
    monkeypatch.setattr(
        DebtCover, "cover", lambda _self, purse, places, _now: covered.append((purse, places))
    )
    kept = table.held()
    table.has(free)

    table.ledger.resolve(kept, resolution(cost))

    assert covered == ([(PURSE, [PLACE])] if covers else [])


@pytest.mark.parametrize("work", ["make_room", "retire_some"])
def test_the_end_of_a_call_makes_room_in_its_shard(table, monkeypatch, work):
    seen = []
    monkeypatch.setattr(
        f"cost_sentry.adapters.dynamodb_ledger.{work}",
        lambda _calls, shard, now: seen.append((shard.place, shard.sequence, now)),
    )
    kept = table.held()

    table.ledger.resolve(kept, Resolution(**{**_fields(ENDED), "resolved_at": NOON}))

    assert seen == [(PLACE, table.shard.sequence, NOON)]


def _fields(how):
    return {name: getattr(how, name) for name in how.__slots__}


def test_what_may_be_held_although_nobody_heard_of_it_is_given_back(table, monkeypatch):
    asked = reservation("r1", hold(100, DAILY))
    lost = LedgerUnavailable("silence", perhaps_held=asked)

    def silent(_self, _here, _item):
        raise lost

    given_back = []
    monkeypatch.setattr(DynamoDbLedger, "_overcome", silent)
    monkeypatch.setattr(
        DynamoDbLedger, "_given_back", lambda _self, here, why: given_back.append(here) or why
    )

    with pytest.raises(LedgerUnavailable, match="silence") as told:
        table.ledger.reserve(asked)

    assert [here.request_id for here in given_back] == ["r1"]
    assert (told.value.perhaps_held, told.value.__cause__) == (None, lost)


def test_a_shard_that_is_throttled_while_it_is_filled_is_asked_again_after_a_pause(monkeypatch):
    table, pauses = Table(), []
    table.ledger = DynamoDbLedger(table.calls, pauses.append)
    overcome, times = DynamoDbLedger._overcome, [1]

    def throttled_once(self, here, item):
        if times:
            times.pop()
            raise LedgerThrottled("too often")
        return overcome(self, here, item)

    monkeypatch.setattr(DynamoDbLedger, "_overcome", throttled_once)

    assert table.held().request_id == "r1"
    assert pauses == [0]
