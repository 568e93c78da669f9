"""Other writers at the retry bank, and what the journal tells of an attempt."""

import boto3
import pytest
from moto import mock_aws

from cost_sentry.adapters.dynamodb_journal_items import entry_item
from cost_sentry.adapters.dynamodb_retries import ATTEMPTS_MAX, DynamoDbRetries
from cost_sentry.adapters.ledger_calls import Conflict, LedgerCalls, Written
from cost_sentry.domain.ledger_entry import EntryKind
from cost_sentry.domain.reservation import ReservationState
from tests.fakes.builders import NOON, resolution
from tests.fakes.dynamodb_table import create_table
from tests.fakes.entries import Account


class Meeting:
    """A table where another writer is so often."""

    def __init__(self, conflicts: int) -> None:
        self.conflicts, self.asked = conflicts, 0

    def _answer(self, _):
        self.asked += 1
        return Conflict() if self.asked <= self.conflicts else Written(attributes={})

    update = transact = _answer


def on(calls) -> DynamoDbRetries:
    return DynamoDbRetries(calls, "eu-west-1", lambda _: None)


@pytest.mark.parametrize("conflicts", [0, 1, ATTEMPTS_MAX - 1])
def test_who_meets_other_writers_tries_again(conflicts):
    spending, earning = Meeting(conflicts), Meeting(conflicts)

    on(earning).earn(10)

    assert on(spending).grant("search/web", "r1~2", NOON)
    assert spending.asked == earning.asked == conflicts + 1


def test_who_meets_too_many_gets_nothing():
    spending, earning = Meeting(99), Meeting(99)

    on(earning).earn(10)

    assert not on(spending).grant("search/web", "r1~2", NOON)
    assert spending.asked == earning.asked == ATTEMPTS_MAX


@pytest.fixture
def table():
    with mock_aws():
        client = boto3.client(
            "dynamodb",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        create_table(client, "ledger")
        yield (
            LedgerCalls(client, "ledger"),
            lambda e: client.put_item(TableName="ledger", Item=entry_item(e)),
        )


def test_an_attempt_is_told_as_far_as_the_journal_has_it(table):
    calls, journaled = table
    account, retries = Account(), on(calls)
    held = account.reserve("r1~2")
    expired = account.resolve(held, resolution(90, ReservationState.EXPIRED))
    adjusted = account.adjust(held.reservation, resolution(40))

    journaled(held)
    assert retries.attempt("search/web", "r1~2") == (held.reservation, None)
    journaled(expired)
    assert retries.attempt("search/web", "r1~2") == (held.reservation, expired.resolution)
    journaled(adjusted)
    assert retries.attempt("search/web", "r1~2") == (held.reservation, adjusted.resolution)
    assert adjusted.kind is EntryKind.ADJUST
