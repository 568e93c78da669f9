"""A shard at which others are again and again is split; whoever meets them waits in between."""

import pytest

from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_calls import Conflict, LedgerCalls
from cost_sentry.adapters.ledger_items import SPLIT, ShardState, place_key
from cost_sentry.application.ports import Reserved
from tests.fakes.builders import ManualClock, budget, hold, reservation
from tests.fakes.moto_journal import journal_on_moto, no_pause

DAY = "2026-11-21"


class Crowded(LedgerCalls):
    """Meets so many other writers at the shard it reserves in."""

    meetings = 0

    def update(self, arguments):
        if self.meetings and ":full" in arguments["ExpressionAttributeValues"]:
            self.meetings -= 1
            return Conflict()
        return super().update(arguments)


@pytest.fixture
def calls(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        calls = Crowded(store.client, "ledger")
        DynamoDbBooks(calls, no_pause, ManualClock()).define(budget(limit=1_000), DAY)
        DynamoDbLedger(calls, no_pause).reserve(reservation("first", hold(10)))
        yield calls


def state_after(calls, meetings):
    """How a second call went, how it waited, and what became of the shard."""
    pauses = []
    calls.meetings = meetings
    answer = DynamoDbLedger(calls, pauses.append).reserve(reservation("second", hold(10)))
    return type(answer), pauses, ShardState.of(calls.get(place_key("search/web"))).state


def test_a_shard_is_left_whole_while_others_were_there_a_few_times_only(calls):
    assert state_after(calls, 3) == (Reserved, [0, 1, 2], None)


def test_a_shard_at_which_others_are_again_and_again_is_split(calls):
    assert state_after(calls, 4) == (Reserved, [0, 1, 2, 3], SPLIT)
