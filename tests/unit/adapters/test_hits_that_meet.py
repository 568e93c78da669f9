"""Hits of one application and day that come together."""

from dataclasses import replace

import pytest

from cost_sentry.adapters.dynamodb_decision_log import DynamoDbDecisionLog
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.dynamodb_savings import DynamoDbSavings
from cost_sentry.adapters.hit_record import PARTS, hit_from_record, hit_to_record, part_of
from cost_sentry.application.decision_log_ports import EntryNotWritable
from cost_sentry.domain.errors import LedgerContention, LedgerUnavailable
from tests.contract.test_savings_contract import DAY, HIT, hit
from tests.fakes.builders import NOON
from tests.fakes.moto_journal import journal_on_moto
from tests.unit.adapters.test_dynamodb_journal_faults import Faulty, cancelled, refused


@pytest.fixture
def store(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        yield store


def log(store, *faults, after=()):
    client = Faulty(store.client, *faults, after=after)
    return DynamoDbDecisionLog(JournalCalls(client, "ledger")), client


def test_who_meets_another_writer_adds_to_another_part_of_the_day(store):
    meeting, client = log(store, cancelled("None", "TransactionConflict"))

    assert meeting.record_hit(hit(), NOON) is True

    parts = [actions[1]["Update"]["Key"]["sk"]["S"] for actions in client.transactions]
    assert len(set(parts)) == len(parts) == 2
    assert [day.hits for day in DynamoDbSavings(store.items).days("search/web", DAY, DAY)] == [1]


def test_a_hit_that_was_written_although_nobody_heard_so_is_counted_once(store):
    lost, _ = log(store, after=[refused("InternalServerError")])

    with pytest.raises(LedgerUnavailable):
        lost.record_hit(hit(), NOON)

    assert lost.record_hit(hit(), NOON) is False
    assert [day.hits for day in DynamoDbSavings(store.items).days("search/web", DAY, DAY)] == [1]


def test_neither_the_note_nor_its_savings_stand_alone(store):
    broken, _ = log(store, refused("InternalServerError"))

    with pytest.raises(LedgerUnavailable):
        broken.record_hit(hit(), NOON)

    assert (store.journal.decisions("r1"), store.items.query("SAVINGS#search/web")) == ([], [])


def test_who_meets_others_everywhere_gives_up(store):
    met, client = log(store, *[cancelled("None", "TransactionConflict")] * PARTS)

    with pytest.raises(LedgerContention):
        met.record_hit(hit(), NOON)

    assert len(client.transactions) == PARTS


def test_what_can_never_be_written_says_so(store):
    never, _ = log(store, refused("ValidationException"))

    with pytest.raises(EntryNotWritable):
        never.record_hit(hit(), NOON)


def test_a_decision_that_no_cache_made_is_no_hit(store):
    plain = log(store)[0]

    with pytest.raises(ValueError, match="not answered from a cache"):
        plain.record_hit(replace(hit(), cached=None), NOON)


def test_savings_end_after_a_year_and_a_note_after_a_month(store):
    log(store)[0].record_hit(hit(), NOON)

    [savings] = store.items.query("SAVINGS#search/web")
    [note] = store.items.query("REQUEST#r1")
    days = {
        name: (int(item["delete_after"]["N"]) - NOON.timestamp()) / 86_400
        for name, item in (("savings", savings), ("note", note))
    }
    assert 366 < days["savings"] <= 400
    assert days["note"] == 30


def test_hits_spread_over_every_part():
    assert {part_of(f"r{number}", 0) for number in range(500)} == set(range(PARTS))
    assert {part_of("r1", attempt) for attempt in range(PARTS)} == set(range(PARTS))


def test_a_record_of_a_hit_comes_back_whole():
    assert hit_from_record(hit_to_record(HIT)) == HIT
