"""What many callers did at once can be read from the stream: every write once, nothing else."""

import threading
import time
from collections import Counter
from dataclasses import replace
from functools import partial

import pytest

from cost_sentry.adapters.system_clock import pause
from cost_sentry.application.ports import Reserved
from cost_sentry.domain.ledger_entry import EntryKind
from cost_sentry.domain.reservation import ReservationState
from tests.contract.engines import CONCURRENT_TABLES, ledger_on
from tests.contract.ledger_case import DAY
from tests.contract.race import race_steps
from tests.fakes.builders import budget, hold, reservation, resolution
from tests.fakes.moto_journal import journal_on
from tests.fakes.projector import Projector
from tests.fakes.table_stream import TableStream

pytestmark = pytest.mark.parametrize("engine", CONCURRENT_TABLES)
TEAM = budget("search-daily", 6_000)
ALL = budget("all-daily", 9_000, scope={})
ENDS = (
    resolution(40),
    resolution(130),
    resolution(0, ReservationState.VOIDED, total_tokens=0),
    resolution(100, ReservationState.EXPIRED, estimated=True),
    None,
)


@pytest.fixture
def stream(engine, table, request):
    streams = request.getfixturevalue(f"{engine}_streams_client")
    return TableStream(table.client, streams, table.name)


def test_entries_of_racing_calls_have_no_gap_and_add_up_to_the_balances(table, stream):
    on = ledger_on(table)
    for defined in (TEAM, ALL):
        on.books.define(defined, DAY)

    def call(number):
        holds = (hold(100, ALL), *([hold(100, TEAM)] if number % 2 else []))
        answer = on.ledger.reserve(
            reservation(f"r{number}", *holds, account=f"search/{number % 6}")
        )
        end = ENDS[number % len(ENDS)]
        if end and isinstance(answer, Reserved):
            on.ledger.resolve(answer.reservation, end)

    change = partial(on.books.define, replace(TEAM, limit=5_000), DAY)
    race_steps(12, [*(partial(call, n) for n in range(60)), change])

    entries = stream.new()
    projector = Projector(TEAM, ALL)
    done = [projector.run(*entries[at : at + 50]) for at in range(0, len(entries), 50)]

    assert [(d.failed_ids, d.gaps, d.problems) for d in done] == [((), (), ())] * len(done)
    for defined in (TEAM, ALL):
        totals = projector.journal.totals(defined.id, DAY)
        assert totals.posted == on.books.balance(defined, DAY).posted
    kinds = Counter(each.entry.kind for each in entries)
    ended = kinds[EntryKind.SETTLE] + kinds[EntryKind.VOID] + kinds[EntryKind.EXPIRE]
    assert (kinds[EntryKind.RESERVE], ended) == (60, 48)
    assert len(on.books.pending()) == 12


def test_retries_meet_their_first_try_while_their_account_grows_and_calls_end(table, stream):
    """Two executions use each id, each of them twice; the journal follows behind."""
    on, journal = ledger_on(table), journal_on(table.client, table.name, pause).journal
    on.books.define(ALL, DAY)
    told, done = {f"r{n}": [] for n in range(24)}, threading.Event()

    def call(name, attempt):
        answer = on.ledger.reserve(reservation(name, hold(100, ALL), attempt=attempt))
        told[name].append((attempt, answer))
        if isinstance(answer, Reserved):
            time.sleep(0.02)
            on.ledger.resolve(answer.reservation, resolution(40))

    def follow():
        while not done.wait(0.3):
            journal.write([each.entry for each in stream.new()])

    follower = threading.Thread(target=follow)
    follower.start()
    try:
        race_steps(12, [partial(call, name, run) for name in told for run in ("a", "b") * 2])
    finally:
        done.set()
        follower.join()

    for answers in told.values():
        [first] = {attempt for attempt, answer in answers if isinstance(answer, Reserved)}
        assert {answer.reservation.attempt for _, answer in answers} == {first}
    balance = on.books.balance(ALL, DAY)
    assert (balance.pending, balance.posted) == (0, 24 * 40)
    assert balance.limit == balance.unallotted + balance.free + balance.posted  # P3
