"""What a machine learns of the ledger's clock, and from which answers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.adapters.ledger_memory import Memory
from cost_sentry.adapters.ledger_patience import Patience
from cost_sentry.domain.errors import LedgerThrottled, RequestRefused
from tests.fakes.builders import NOON, reservation
from tests.fakes.moto_journal import no_pause
from tests.fakes.noted_calls import NotedCalls


def id_made(seconds):
    """A version 7 UUID that was made so many seconds after noon."""
    made = int((NOON + timedelta(seconds=seconds)).timestamp() * 1_000)
    return f"{made >> 16:08x}-{made & 0xFFFF:04x}-7000-8000-000000000000"


class Timed(NotedCalls):
    """A journal that knows no id, and whose clock says so many seconds past noon."""

    answered_at_once = True

    def __init__(self, seconds):
        super().__init__()
        self.seconds, self.asked = seconds, 0

    def get(self, key):
        self.asked += 1
        return super().get(key)

    def answered_at(self):
        return NOON + timedelta(seconds=self.seconds)


def held(request_id, seconds=0):
    return replace(reservation(request_id), reserved_at=NOON + timedelta(seconds=seconds))


def test_an_answer_that_came_at_once_tells_how_the_clocks_differ():
    calls = Timed(seconds=3)
    memory = Memory(calls, no_pause)

    memory.of_the_past(held("old"))
    memory.of_the_past(held(id_made(13)))

    assert calls.asked == 1


def test_one_that_came_after_a_wait_does_not():
    """Or an id that is thirteen seconds ahead would count as new."""
    calls = Timed(seconds=3)
    memory = Memory(calls, no_pause)

    memory.of_the_past(held("old"), at_once=False)
    calls.seconds = 0
    with pytest.raises(RequestRefused):
        memory.of_the_past(held(id_made(13)))

    assert calls.asked == 2


def test_who_was_told_to_wait_has_waited():
    patience, answers = Patience(no_pause), [LedgerThrottled("not now"), None]
    waited = []

    def ask():
        waited.append(patience.has_waited)
        answer = answers.pop(0)
        if answer is not None:
            raise answer

    patience.asked(ask)

    assert waited == [False, True]


@pytest.mark.parametrize(("milliseconds", "is_new"), [(10_000, True), (10_001, False)])
def test_an_ids_time_is_told_to_the_millisecond(milliseconds, is_new):
    calls = Timed(seconds=0)
    memory = Memory(calls, no_pause)
    memory.of_the_past(held("old"))

    if is_new:
        memory.of_the_past(held(id_made(milliseconds / 1_000)))
    else:
        with pytest.raises(RequestRefused):
            memory.of_the_past(held(id_made(milliseconds / 1_000)))
