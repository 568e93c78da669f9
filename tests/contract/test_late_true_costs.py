"""The true cost of an expired call, told in time and not in the journal yet, or told too late."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.ledger_forgetting import STAMPS_MIN
from cost_sentry.adapters.ledger_items import ShardState, place_key
from cost_sentry.adapters.ledger_retirement import EXPIRED_KEPT
from cost_sentry.adapters.ledger_writes import EXPIRED_MAX
from cost_sentry.application.ports import SameId
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.request_id import STAMP_KEPT
from cost_sentry.domain.reservation import ResolvedReservation, charged_in_full
from tests.contract.engines import DYNOXIDE, MOTO, LedgerOn, Table, ledger_on
from tests.contract.ledger_case import DAY
from tests.fakes.builders import NOON, budget, hold, reservation, resolution
from tests.fakes.moto_journal import journal_on, no_pause
from tests.fakes.projector import Projector
from tests.fakes.table_stream import TableStream

pytestmark = pytest.mark.parametrize("engine", [MOTO, DYNOXIDE])
DAILY = budget()
HELD = reservation("r1", hold(100))
CHARGED = charged_in_full(HELD, NOON + timedelta(minutes=8))
TOO_LATE = CHARGED.resolved_at + EXPIRED_KEPT + timedelta(seconds=1)
AGAIN = pytest.mark.parametrize(
    "again",
    [resolution(5), resolution(0), charged_in_full(HELD, TOO_LATE), CHARGED],
    ids=["settled", "free", "expired later", "expired"],
)


@dataclass
class World:
    """A table whose journal follows only when it is told to."""

    table: Table
    on: LedgerOn
    stream: TableStream
    projector: Projector

    def project(self, _attempt: int = 0) -> None:
        self.projector.run(*self.stream.new())

    def shard(self) -> ShardState:
        return ShardState.of(self.table.items.get(place_key(HELD.account)))

    def resolve(self, how, *, calls=None, pause=no_pause):
        """By an environment that knows nothing yet."""
        return DynamoDbLedger(calls or self.table.items, pause).resolve(HELD, how)

    def another_call(self) -> None:
        """The shard's last entry is no longer about the expired call."""
        self.on.ledger.reserve(reservation("r2", hold(10)))


@pytest.fixture
def world(engine, table, request) -> World:
    streams: Any = request.getfixturevalue(f"{engine}_streams_client")
    stream = TableStream(table.client, streams, table.name)
    journal = journal_on(table.client, table.name, no_pause)
    projector = Projector(DAILY, journal=journal.journal, outbox=journal.outbox)
    made = World(table, ledger_on(table), stream, projector)
    projector.ledger = made.on.ledger
    made.on.books.define(DAILY, DAY)
    made.on.ledger.reserve(HELD)
    made.on.ledger.resolve(HELD, CHARGED)
    return made


def resolved(how) -> ResolvedReservation:
    return ResolvedReservation(reservation=HELD, resolution=how)


@AGAIN
@pytest.mark.parametrize("tidied", [1, 2], ids=["no entry follows", "its window's money left"])
def test_an_expired_call_keeps_its_charge_when_its_true_cost_comes_after_a_day(
    world, tidied, again
):
    for _ in range(tidied):
        world.on.ledger.tidy(TOO_LATE, 100)
    world.project()

    told = world.resolve(again)

    assert world.shard().expired == {}
    assert world.shard().remembers("r1")
    assert told.resolved == resolved(CHARGED)
    assert told.first == (again == CHARGED)
    assert world.on.books.balance(DAILY, DAY).posted == 100


@AGAIN
def test_an_expired_call_keeps_its_charge_when_its_shard_has_room_for_later_ones_only(world, again):
    for n in range(EXPIRED_MAX):
        later = reservation(f"later{n}", hold(100))
        end = CHARGED.resolved_at + timedelta(seconds=n + 1)
        world.on.ledger.reserve(later)
        world.on.ledger.resolve(later, charged_in_full(later, end))
    world.project()

    told = world.resolve(again)

    assert sorted(world.shard().expired) == [f"later{n}" for n in range(EXPIRED_MAX)]
    assert told.resolved == resolved(CHARGED)
    assert world.on.ledger.reserve(HELD) == SameId(reservation=HELD, resolution=CHARGED)
    assert world.on.books.balance(DAILY, DAY).posted == (1 + EXPIRED_MAX) * 100


def test_a_charge_that_the_shard_still_waits_to_correct_is_answered_as_it_stands(world):
    world.project()
    world.another_call()

    told = world.resolve(charged_in_full(HELD, TOO_LATE))

    assert told.resolved == resolved(CHARGED)


def test_a_charge_is_not_final_while_the_journal_lacks_entries_of_its_shard(world):
    """One of them may tell the true cost."""
    world.on.ledger.tidy(TOO_LATE, 100)
    world.project()
    world.another_call()

    with pytest.raises(LedgerUnavailable, match="cannot be read yet"):
        world.resolve(resolution(5))
    assert world.resolve(resolution(5), pause=world.project).resolved == resolved(CHARGED)


def test_a_charge_is_final_once_the_shard_has_forgotten_the_call(world, monkeypatch):
    """A busy shard's journal always lacks something; it cannot be about this call any more."""
    monkeypatch.setattr(LedgerCalls, "answered_at", lambda _calls: world.projector.clock.now())
    world.on.ledger.tidy(TOO_LATE, 100)
    for name in ("early", "late"):
        for number in range(STAMPS_MIN):
            held = reservation(f"{name} {number}", hold(10))
            world.on.ledger.reserve(held)
            world.on.ledger.resolve(held, resolution(1))
        world.project()
        world.projector.clock.time += STAMP_KEPT + timedelta(seconds=1)
    world.another_call()

    told = world.resolve(resolution(5))

    assert not world.shard().remembers("r1")
    assert told.resolved == resolved(CHARGED)


def test_how_a_call_was_settled_is_final_whatever_the_journal_still_lacks(world):
    """Nothing takes the place of a settlement."""
    settled = reservation("r3", hold(20))
    world.on.ledger.reserve(settled)
    world.on.ledger.resolve(settled, resolution(15))
    world.project()
    world.another_call()

    told = DynamoDbLedger(world.table.items, no_pause).resolve(settled, resolution(5))

    assert told.resolved.resolution == resolution(15)


@AGAIN
def test_a_true_cost_that_was_told_is_answered_once_the_journal_has_it(world, again):
    world.project()
    world.on.ledger.resolve(HELD, resolution(40))
    world.another_call()

    with pytest.raises(LedgerUnavailable, match="cannot be read yet"):
        world.resolve(again)
    told = world.resolve(again, pause=world.project)

    assert (told.resolved, told.first) == (resolved(resolution(40)), False)


def test_whoever_told_the_true_cost_and_heard_nothing_is_told_that_it_was_taken(world):
    world.project()
    world.on.ledger.resolve(HELD, resolution(40))

    at_once = world.resolve(resolution(40))
    world.another_call()
    later = world.resolve(resolution(40), pause=world.project)

    assert at_once.first
    assert later == at_once
    assert world.on.books.balance(DAILY, DAY).posted == 40


def test_a_true_cost_that_reaches_the_journal_between_two_looks_is_answered(world):
    world.project()
    world.on.ledger.resolve(HELD, resolution(40))
    world.another_call()

    class LateProjection(LedgerCalls):
        def get(self, item_key):
            found = super().get(item_key)
            if item_key["sk"]["S"].endswith("#ADJUSTED"):
                world.project()
            return found

    calls = LateProjection(world.table.client, world.table.name)

    assert world.resolve(resolution(5), calls=calls).resolved == resolved(resolution(40))
