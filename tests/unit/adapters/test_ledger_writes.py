"""A reserve finds every trace of its id, whichever of them the shard still has."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_items import Seen, place_key
from cost_sentry.adapters.ledger_wants import Grant
from cost_sentry.adapters.ledger_writes import bring_and_hold, resolve_arguments
from cost_sentry.application.ports import SameId
from cost_sentry.domain.reservation import charged_in_full
from cost_sentry.domain.shard import stamp_of
from cost_sentry.domain.window import WindowKind
from tests.fakes.builders import NOON, ManualClock, budget, hold, reservation, resolution
from tests.fakes.moto_journal import journal_on_moto, no_pause

DAY = "2026-11-21"
RUN = "01a1fdc3-5780-7000-8000-000000000001"


@pytest.fixture
def calls(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        DynamoDbBooks(store.items, no_pause, ManualClock()).define(budget(limit=1_000), DAY)
        yield store.items


def test_an_expired_id_is_not_held_again_after_its_stamp_is_forgotten(calls):
    ledger, held = DynamoDbLedger(calls, no_pause), reservation("r1", hold(100))
    ended = charged_in_full(held, NOON + timedelta(minutes=8))
    ledger.reserve(held)
    ledger.resolve(held, ended)
    calls.update({"Key": place_key("search/web"), "UpdateExpression": "REMOVE ended"})

    answer = ledger.reserve(replace(held, attempt="another"))

    assert answer == SameId(reservation=held, resolution=ended)


def test_each_refill_of_a_run_leaves_a_mark_of_its_own_and_others_leave_none():
    run = budget("run", window=WindowKind.SESSION, session=RUN)
    seen = Seen(limit=1_000, elsewhere=900, at_seconds=35)
    grant = Grant(takes=(), amount=100, seen=seen)

    def told(request_id):
        held = reservation(request_id, hold(100), hold(100, run))
        write = bring_and_hold(held, {each.key: grant for each in held.holds})["Update"]
        values = write["ExpressionAttributeValues"]
        return [Seen.parse(values[f":s{i}"]["S"]) for i in range(2)]

    assert told("r1") == [seen, replace(seen, mark=stamp_of("r1"))]
    assert told("r2") == [seen, replace(seen, mark=stamp_of("r2"))]


def test_a_call_that_cost_just_what_it_held_writes_nothing_about_its_budgets():
    write = resolve_arguments(reservation("r1", hold(100)), resolution(100))

    assert "free" not in write["ExpressionAttributeNames"].values()
    assert "free" not in write["UpdateExpression"]
