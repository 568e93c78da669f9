"""Other writers at a set of children, and what an environment need not ask twice."""

from dataclasses import replace

import pytest

from cost_sentry.adapters import dynamodb_run_trees
from cost_sentry.adapters.dynamodb_run_trees import ATTEMPTS_MAX, DynamoDbRunTrees, KnownRunTrees
from cost_sentry.adapters.ledger_calls import Conflict, Written
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.errors import LedgerContention, LedgerThrottled
from cost_sentry.domain.session import Edge, Session
from cost_sentry.domain.window import WindowKind
from tests.fakes.builders import budget
from tests.fakes.memory_run_trees import MemoryRunTrees

RUN = "01a1fdc3-5780-7000-8000-000000000001"
FAN_OUT = budget("fan-out", 2, unit=Unit.CHILDREN, window=WindowKind.SESSION)
EDGE = Edge((), "a")


class Busy:
    """A table where others are so often, or that answers so often that it is asked too much."""

    def __init__(self, *before) -> None:
        self.answers = list(before)
        self.asked = 0

    def update(self, _):
        self.asked += 1
        answer = self.answers.pop(0) if self.answers else Written(attributes={})
        if isinstance(answer, Exception):
            raise answer
        return answer


def on(calls) -> DynamoDbRunTrees:
    return DynamoDbRunTrees(calls, lambda _: None)


@pytest.mark.parametrize("before", [[], [Conflict()] * (ATTEMPTS_MAX - 1), [LedgerThrottled("no")]])
def test_who_meets_other_writers_tries_again(before):
    calls = Busy(*before)

    assert on(calls).join(FAN_OUT, RUN, EDGE)
    assert calls.asked == len(before) + 1


@pytest.mark.parametrize(
    ("before", "error"),
    [([Conflict()] * 99, LedgerContention), ([LedgerThrottled("no")] * 99, LedgerThrottled)],
)
def test_who_meets_too_many_is_told_that_nobody_knows(before, error):
    with pytest.raises(error):
        on(Busy(*before)).join(FAN_OUT, RUN, EDGE)


def test_an_environment_asks_once_for_a_child_and_again_for_one_without_room():
    store = MemoryRunTrees()
    known = KnownRunTrees(store)
    one = replace(FAN_OUT, limit=1)

    for _ in range(3):
        assert known.join(one, RUN, EDGE)
        assert not known.join(one, RUN, Edge((), "b"))

    assert store.asked == 1 + 3


def test_what_an_environment_knows_is_bounded(monkeypatch):
    monkeypatch.setattr(dynamodb_run_trees, "EDGES_KNOWN_MAX", 2)
    store = MemoryRunTrees()
    known = KnownRunTrees(store)

    for edge in Session(id=RUN, path=("a", "b", "c")).edges * 2:
        assert known.join(FAN_OUT, RUN, edge)

    assert store.asked == 6
    assert len(known._known) <= 2
