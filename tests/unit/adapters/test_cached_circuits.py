"""What an environment knows of circuits: how old it is, and what a silent table costs."""

from datetime import timedelta

import pytest

from cost_sentry.adapters.cached_circuits import CachedCircuits
from cost_sentry.domain.circuit import Circuit, CircuitState, Tally
from tests.fakes.builders import NOON, ManualClock
from tests.fakes.memory_circuits import MemoryCircuits

MODEL = "amazon.nova-lite-v1:0"
OPEN = Circuit(opened_at=NOON, due_at=NOON + timedelta(seconds=30), tally=Tally(8, 5))


class Environment:
    def __init__(self) -> None:
        self.clock, self.store = ManualClock(), MemoryCircuits()
        self.made = 0
        self.circuits = CachedCircuits(self._make, self.clock)

    def _make(self) -> MemoryCircuits:
        self.made += 1
        return self.store


@pytest.fixture
def environment() -> Environment:
    return Environment()


def test_a_store_is_made_when_somebody_looks_and_once(environment):
    assert environment.made == 0

    for _ in range(3):
        environment.circuits.current()
        environment.clock.advance(seconds=2)

    assert environment.made == 1


def test_many_calls_of_a_second_read_once(environment):
    for _ in range(10):
        environment.circuits.current()
        environment.clock.advance(milliseconds=100)

    assert environment.store.asked == 1
    environment.circuits.current()
    assert environment.store.asked == 2


def test_a_circuit_that_opened_is_known_within_a_second(environment):
    assert environment.circuits.current() == {}
    environment.store.circuits[MODEL] = OPEN
    environment.clock.advance(seconds=1)

    assert environment.circuits.current() == {MODEL: OPEN}


def test_a_clock_that_was_set_back_makes_it_look_again(environment):
    environment.circuits.current()
    environment.clock.advance(hours=-1)

    environment.circuits.current()

    assert environment.store.asked == 2


def test_what_cannot_be_read_is_closed_and_not_asked_for_again_for_some_seconds(environment):
    environment.store.circuits[MODEL] = OPEN
    assert environment.circuits.current() == {MODEL: OPEN}
    environment.store.is_silent = True
    environment.clock.advance(seconds=1)

    for _ in range(9):
        assert environment.circuits.current() == {}
        environment.clock.advance(seconds=1)

    assert environment.store.asked == 2
    environment.store.is_silent = False
    environment.clock.advance(seconds=1)
    assert environment.circuits.current() == {MODEL: OPEN}


def test_what_was_changed_here_is_known_here_at_once(environment):
    environment.store.circuits[MODEL] = OPEN
    environment.circuits.current()
    probed = OPEN.probed_by("search/web#r1", NOON)

    assert environment.circuits.changed(MODEL, OPEN, probed)

    assert environment.circuits.current() == {MODEL: probed}
    assert not environment.circuits.changed(MODEL, OPEN, probed)


def test_who_was_too_late_asks_no_more_until_it_looks_again(environment):
    environment.store.circuits[MODEL] = OPEN
    environment.circuits.current()
    theirs, mine = OPEN.probed_by("a#r1", NOON), OPEN.probed_by("b#r2", NOON)
    environment.store.circuits[MODEL] = theirs

    assert not environment.circuits.changed(MODEL, OPEN, mine)

    known = environment.circuits.current()[MODEL]
    assert known.state(OPEN.due_at) is CircuitState.PROBED
    assert known.probe is None
    environment.clock.advance(seconds=1)
    assert environment.circuits.current() == {MODEL: theirs}
    assert environment.circuits.changed(MODEL, theirs, OPEN)


def test_a_change_that_nobody_answers_is_none_and_nothing_is_known_any_more(environment):
    environment.store.circuits[MODEL] = OPEN
    environment.circuits.current()
    environment.store.is_silent = True

    assert not environment.circuits.changed(MODEL, OPEN, OPEN.probed_by("a#r1", NOON))
    assert environment.circuits.current() == {}
