"""Other writers at the retry bank."""

import pytest

from cost_sentry.adapters.dynamodb_retries import ATTEMPTS_MAX, DynamoDbRetries
from cost_sentry.adapters.ledger_calls import Conflict, Written
from tests.fakes.builders import NOON


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
