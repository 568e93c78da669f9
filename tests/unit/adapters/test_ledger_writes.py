"""A reserve finds every trace of its id, whichever of them the shard still has."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_items import place_key
from cost_sentry.adapters.ledger_writes import resolve_arguments
from cost_sentry.application.ports import SameId
from cost_sentry.domain.reservation import charged_in_full
from tests.fakes.builders import NOON, ManualClock, budget, hold, reservation, resolution
from tests.fakes.moto_journal import journal_on_moto, no_pause

DAY = "2026-11-21"


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


def test_a_call_that_cost_just_what_it_held_writes_nothing_about_its_budgets():
    write = resolve_arguments(reservation("r1", hold(100)), resolution(100))

    assert "free" not in write["ExpressionAttributeNames"].values()
    assert "free" not in write["UpdateExpression"]
