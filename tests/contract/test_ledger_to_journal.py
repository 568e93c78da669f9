"""What the ledger writes is what the projection reads, through the table's own stream."""

from dataclasses import replace
from datetime import timedelta

import boto3
import pytest

from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_calls import Conflict, LedgerCalls
from cost_sentry.adapters.ledger_forgetting import STAMPS_MIN
from cost_sentry.adapters.ledger_items import ShardState, place_key
from cost_sentry.adapters.ledger_memory import LOOK_AGAIN_AFTER
from cost_sentry.adapters.stream_records import streamed_entries
from cost_sentry.application.explain_request import explain
from cost_sentry.application.ports import SameId
from cost_sentry.domain.ledger_entry import EntryKind
from cost_sentry.domain.request_id import STAMP_KEPT, made_at
from cost_sentry.domain.reservation import ReservationState
from tests.fakes.builders import NOON, budget, hold, reservation, resolution
from tests.fakes.moto_journal import journal_on_moto, no_pause
from tests.fakes.projector import OWNER, Projector
from tests.fakes.refusals import refusal, view

DAY = "2026-11-21"
DAILY = budget(limit=1_000, owners=(OWNER,))


@pytest.fixture
def store(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        store.client.update_table(TableName="ledger", StreamSpecification=stream)
        yield store


@pytest.fixture
def ledger(store):
    return DynamoDbLedger(store.items, no_pause)


@pytest.fixture
def projector(store, ledger):
    projector = Projector(DAILY, journal=store.journal, outbox=store.outbox)
    projector.ledger = ledger
    projector.limits = DynamoDbBooks(store.items, no_pause, projector.clock)
    projector.limits.define(DAILY, DAY)
    return projector


def stream_event(store):
    """Everything the stream holds, from its beginning."""
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    streams = boto3.client("dynamodbstreams", region_name="us-east-1", **keys)
    arn = store.client.describe_table(TableName="ledger")["Table"]["LatestStreamArn"]
    [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    start = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )
    return streams.get_records(ShardIterator=start["ShardIterator"])


def test_a_call_travels_from_the_ledger_into_journal_totals_and_mail(store, ledger, projector):
    held = reservation("r1", hold(800, DAILY))
    ledger.reserve(held)
    ledger.resolve(held, resolution(600))

    entries = streamed_entries(stream_event(store))
    done = projector.run(*entries)

    assert [(e.entry.kind, dict(e.entry.moves)) for e in entries] == [
        (EntryKind.RESERVE, {held.holds[0].key: 800}),
        (EntryKind.SETTLE, {}),
    ]
    assert (done.failed_ids, done.gaps, done.problems) == ((), (), ())
    balance = projector.limits.balance(DAILY, DAY)
    assert store.journal.totals(DAILY.id, DAY).posted == balance.posted == 600
    assert projector.mailed() == [(DAILY.id, DAY, 50)]


def test_a_refusal_travels_through_the_stream_into_one_mail(store, ledger, projector):
    held, too_much = reservation("r1", hold(1_000, DAILY)), reservation("r2", hold(60, DAILY))
    ledger.reserve(held)
    ledger.resolve(held, resolution(970))
    shortage = ledger.reserve(too_much)
    seen = view(left=shortage.remaining.left, limit=shortage.remaining.limit)
    for second in range(3):
        store.log.record(refusal(seen), NOON + timedelta(seconds=second))

    records = streamed_entries(stream_event(store))
    projector.run(*records)
    again = projector.run(*records)

    assert seen.left == 30
    assert [r.used_up for r in records if r.entry is None] == [(DAILY.id, DAY)] * 3
    assert (again.failed_ids, again.gaps, again.alerts) == ((), (), ())
    assert [threshold for _, _, threshold in projector.mailed()] == [50, 80, 100]


def test_its_own_writes_are_no_work_for_the_projection(store, ledger, projector):
    ledger.reserve(reservation("r1", hold(800, DAILY)))
    before = streamed_entries(stream_event(store))
    projector.run(*before)

    assert streamed_entries(stream_event(store)) == before


def shard_item(store):
    return ShardState.of(store.items.get(place_key("search/web")))


def resolve_many(ledger, many, first=0):
    for n in range(first, first + many):
        held = reservation(f"r{n}", hold(10, DAILY))
        ledger.reserve(held)
        ledger.resolve(held, resolution(1, resolved_at=NOON + timedelta(seconds=n)))


def test_the_ledger_forgets_what_the_journal_has_kept_for_long_and_answers_the_same(
    store, ledger, projector, monkeypatch
):
    monkeypatch.setattr(LedgerCalls, "answered_at", lambda _calls: projector.clock.now())
    resolve_many(ledger, STAMPS_MIN)
    first = reservation("r0", hold(10, DAILY))
    again = replace(first, attempt="second")
    known = SameId(reservation=first, resolution=resolution(1, resolved_at=NOON))
    projector.run(*streamed_entries(stream_event(store)))

    assert len(shard_item(store).faded) == STAMPS_MIN
    assert ledger.reserve(again) == known
    resolve_many(ledger, STAMPS_MIN, first=100)
    projector.clock.time = NOON + STAMP_KEPT
    projector.run(*streamed_entries(stream_event(store)))
    assert shard_item(store).remembers("r0")
    projector.clock.time = NOON + STAMP_KEPT + timedelta(seconds=1)
    projector.run(*streamed_entries(stream_event(store)))

    assert not shard_item(store).remembers("r0")
    assert ledger.reserve(again) == known
    assert ledger.resolve(first, resolution(5)).resolved.resolution == known.resolution


class MetOnce(LedgerCalls):
    """Its first write finds another at work; ``answered`` is what its ``Date`` headers say."""

    met, answered = 0, NOON

    def update(self, arguments):
        self.met += 1
        return Conflict() if self.met == 1 else super().update(arguments)

    def answered_at(self):
        return self.answered


def test_an_admission_that_tries_for_long_does_not_take_its_id_to_be_new_any_more(
    store, ledger, projector
):
    """The same id was used by another invocation, ended, and its shard has forgotten it."""
    calls = MetOnce(store.client, "ledger")
    new_id = f"{int(NOON.timestamp() * 1_000) >> 16:08x}-0000-7000-8000-000000000000"
    first = reservation(new_id, hold(10, DAILY), reserved_at=made_at(new_id))
    again = replace(first, attempt="second")

    def meanwhile(_attempt):
        ledger.reserve(first)
        ledger.resolve(first, resolution(1, resolved_at=NOON))
        projector.run(*streamed_entries(stream_event(store)))
        store.client.delete_item(TableName="ledger", Key=place_key("search/web"))
        calls.answered = first.reserved_at + LOOK_AGAIN_AFTER + timedelta(seconds=1)

    slow = DynamoDbLedger(calls, meanwhile)
    calls.answered = first.reserved_at
    calls.answered_at_once = True
    slow.known(again)
    answer = slow.reserve(again)

    assert calls.met == 1
    assert answer == SameId(reservation=first, resolution=resolution(1, resolved_at=NOON))


@pytest.mark.parametrize("behind", [timedelta(0), 2 * STAMP_KEPT])
def test_a_projector_whose_clock_is_wrong_makes_nobody_forget_early(
    store, ledger, projector, monkeypatch, behind
):
    """One that runs behind marks what faded, and one whose clock is right comes a second later."""
    monkeypatch.setattr(LedgerCalls, "answered_at", lambda _calls: NOON)
    resolve_many(ledger, STAMPS_MIN)
    projector.clock.time = NOON - behind
    projector.run(*streamed_entries(stream_event(store)))
    resolve_many(ledger, STAMPS_MIN, first=100)
    projector.clock.time = NOON + timedelta(seconds=1)
    projector.run(*streamed_entries(stream_event(store)))

    assert shard_item(store).remembers("r0")


def test_what_the_journal_does_not_have_yet_is_never_forgotten(store, ledger, projector):
    resolve_many(ledger, STAMPS_MIN)
    for minutes in range(5):
        ledger.forget("search/web", NOON + timedelta(minutes=minutes))
        resolve_many(ledger, STAMPS_MIN, first=100 * (minutes + 1))

    assert all(shard_item(store).remembers(f"r{n}") for n in range(STAMPS_MIN))


def test_an_entry_that_never_arrived_keeps_its_id_remembered(store, ledger, projector):
    resolve_many(ledger, STAMPS_MIN)
    arrived = [r for r in streamed_entries(stream_event(store)) if r.entry.sequence != 3]
    for minutes in range(3):
        projector.clock.time = NOON + timedelta(minutes=minutes)
        projector.run(*arrived)
    resolve_many(ledger, STAMPS_MIN, first=100)
    ledger.forget("search/web", NOON + timedelta(hours=1))

    assert shard_item(store).remembers("r0")


def test_an_id_that_is_journaled_while_it_is_asked_again_is_not_paid_twice(
    store, ledger, projector
):
    """The admission looks into the journal first; the projection writes it only then."""
    held = reservation("r1", hold(300, DAILY))
    ledger.reserve(held)
    ledger.resolve(held, resolution(200))
    projector.clock.time = NOON + timedelta(minutes=5)

    class LateProjection(LedgerCalls):
        def get(self, item_key):
            found = super().get(item_key)
            if item_key["sk"]["S"].endswith("#RESOLVED") and found is None:
                projector.run(*streamed_entries(stream_event(store)))
            return found

    calls = LateProjection(store.client, "ledger")
    again = reservation("r1", hold(300, DAILY), attempt="second")

    assert DynamoDbLedger(calls, no_pause).reserve(again) == SameId(
        reservation=held, resolution=resolution(200)
    )
    assert projector.limits.balance(DAILY, DAY).pending == 0


def test_every_way_a_call_can_end_is_explained(store, ledger, projector):
    how = {
        "settled": resolution(40),
        "voided": resolution(0, ReservationState.VOIDED, reason="ThrottlingException"),
        "expired": resolution(100, ReservationState.EXPIRED, estimated=True),
    }
    for name, ended in how.items():
        held = reservation(name, hold(100, DAILY))
        ledger.reserve(held)
        ledger.resolve(held, ended)
    ledger.reserve(reservation("waiting", hold(100, DAILY)))
    projector.run(*streamed_entries(stream_event(store)))

    told = {
        name: explain(name, journal=store.journal, books=projector.limits)
        for name in (*how, "waiting")
    }

    assert {name: e.state for name, (e,) in told.items()} == {
        "settled": ReservationState.SETTLED,
        "voided": ReservationState.VOIDED,
        "expired": ReservationState.EXPIRED,
        "waiting": ReservationState.PENDING,
    }
