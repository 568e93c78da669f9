"""What many callers did at once can be read from the stream: every write once, nothing else."""

from collections import Counter
from dataclasses import replace
from functools import partial

import pytest

from cost_sentry.adapters.stream_records import streamed_entries
from cost_sentry.application.ports import Reserved
from cost_sentry.domain.ledger_entry import EntryKind
from cost_sentry.domain.reservation import ReservationState
from tests.contract.engines import CONCURRENT_TABLES, ledger_on
from tests.contract.ledger_case import DAY
from tests.contract.race import race_steps
from tests.fakes.builders import budget, hold, reservation, resolution
from tests.fakes.projector import Projector

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
    """Reads every record of the table's stream, from its beginning."""
    wanted = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    table.client.update_table(TableName=table.name, StreamSpecification=wanted)
    streams = request.getfixturevalue(f"{engine}_streams_client")

    def read():
        arn = table.client.describe_table(TableName=table.name)["Table"]["LatestStreamArn"]
        [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        place = {"StreamArn": arn, "ShardId": shard["ShardId"]}
        at = streams.get_shard_iterator(**place, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        records = []
        while (page := streams.get_records(ShardIterator=at))["Records"]:
            records += page["Records"]
            at = page["NextShardIterator"]
        return streamed_entries({"Records": records})

    return read


@pytest.mark.parametrize("engine", CONCURRENT_TABLES)
def test_entries_of_racing_calls_have_no_gap_and_add_up_to_the_balances(table, stream):
    on = ledger_on(table)
    for defined in (TEAM, ALL):
        on.books.define(defined, DAY)

    def call(number):
        holds = (hold(100, ALL), *([hold(100, TEAM)] if number % 2 else []))
        held = reservation(f"r{number}", *holds, account=f"search/{number % 6}")
        end = ENDS[number % len(ENDS)]
        answer = on.ledger.reserve(held)
        if isinstance(answer, Reserved) and end:
            on.ledger.resolve(answer.reservation, end)

    change = partial(on.books.define, replace(TEAM, limit=5_000), DAY)
    race_steps(12, [*(partial(call, n) for n in range(75)), change])

    entries = stream()
    projector = Projector(TEAM, ALL)
    done = [projector.run(*entries[at : at + 50]) for at in range(0, len(entries), 50)]

    assert [(d.failed_ids, d.gaps, d.problems) for d in done] == [((), (), ())] * len(done)
    for defined in (TEAM, ALL):
        totals = projector.journal.totals(defined.id, DAY)
        assert totals.posted == on.books.balance(defined, DAY).posted
    kinds = Counter(each.entry.kind for each in entries)
    ended = kinds[EntryKind.SETTLE] + kinds[EntryKind.VOID] + kinds[EntryKind.EXPIRE]
    assert kinds[EntryKind.RESERVE] - ended == len(on.books.pending()) == 15
