"""How calls ended, counted, and what becomes of the circuits."""

from datetime import timedelta

import pytest

from cost_sentry.application.note_fault import note_fault
from cost_sentry.application.watch_models import CallEnd, ModelWatch
from cost_sentry.domain.circuit import CircuitRules, CircuitState
from cost_sentry.domain.errors import ConfigurationError, LedgerUnavailable
from tests.fakes.admissions import DEAR, FixedConfig, config
from tests.fakes.builders import NOON, ManualClock, reservation
from tests.fakes.memory_circuits import MemoryCircuits

RULES = CircuitRules(failures=5, failure_percent=50, within_seconds=30, open_seconds=20)


class Watched:
    def __init__(self, rules: CircuitRules | None = RULES) -> None:
        self.clock, self.store = ManualClock(), MemoryCircuits()
        self.source = FixedConfig(config(circuit_breaker=rules))
        self.watch = ModelWatch(store=self.store, config_source=self.source, clock=self.clock)

    def saw(self, *outcomes: bool | None, prober: str = "a#r") -> None:
        now = self.clock.now()
        self.watch.saw([CallEnd(DEAR, prober, now, is_well) for is_well in outcomes])

    @property
    def circuit(self):
        return self.store.circuits.get(DEAR)


def test_a_circuit_opens_when_enough_calls_failed():
    watched = Watched()

    watched.saw(*[False] * 4, True)
    assert watched.circuit is None
    watched.saw(False)

    assert watched.circuit.state(NOON) is CircuitState.OPEN
    assert watched.circuit.tally == (6, 5)
    assert watched.circuit.due_at == NOON + timedelta(seconds=20)


def test_it_stays_closed_where_they_are_few_of_many():
    watched = Watched()

    watched.saw(*[True] * 20)
    watched.saw(*[False] * 9)

    assert watched.circuit is None


def test_failures_of_long_ago_do_not_count():
    watched = Watched()
    watched.saw(*[False] * 4)
    watched.clock.advance(seconds=40)

    watched.saw(False)

    assert watched.circuit is None


def test_what_the_stream_brings_late_opens_nothing():
    watched = Watched()
    then = watched.clock.now()
    watched.clock.advance(seconds=31)

    watched.watch.saw([CallEnd(DEAR, "a#r", then, False)] * 9)

    assert watched.circuit is None


def test_an_end_that_says_nothing_of_the_model_is_not_counted():
    watched = Watched()

    watched.saw(*[None] * 9, *[False] * 4)

    assert not watched.store.read()
    assert sum(watched.store.calls.values()) == 4


def test_an_end_of_another_call_than_the_probe_changes_no_circuit():
    watched = Watched()
    watched.saw(*[False] * 5)
    before = watched.circuit

    watched.saw(True, True, False, prober="a#other")

    assert watched.circuit == before


def probing() -> Watched:
    watched = Watched()
    watched.saw(*[False] * 5)
    watched.clock.advance(seconds=20)
    probed = watched.circuit.probed_by("a#probe", watched.clock.now())
    assert watched.store.change(DEAR, watched.circuit, probed)
    return watched


def test_a_probe_that_succeeds_closes_it_and_the_failures_of_before_count_no_more():
    watched = probing()

    watched.saw(True, prober="a#probe")
    watched.saw(*[False] * 4)

    assert watched.circuit is None
    assert watched.store.tally(DEAR, 0).failures == 0


def test_a_probe_that_fails_opens_it_anew():
    watched = probing()

    watched.saw(False, prober="a#probe")

    assert watched.circuit.due_at == NOON + timedelta(seconds=40)
    assert watched.circuit.opened_at == NOON


def test_a_probe_that_says_nothing_is_given_to_another():
    watched = probing()

    watched.saw(None, prober="a#probe")

    assert watched.circuit.state(watched.clock.now()) is CircuitState.DUE


def test_a_circuit_that_another_changed_meanwhile_is_looked_at_again():
    watched = probing()
    seen, change, tried = watched.circuit, watched.store.change, []

    def meanwhile(model_id, before, after):
        if not tried:
            tried.append(before)
            assert change(model_id, seen, seen.given_back())
        return change(model_id, before, after)

    watched.store.change = meanwhile
    watched.saw(True, prober="a#probe")

    assert watched.circuit == seen.given_back()


def test_a_configuration_without_a_breaker_asks_for_nothing():
    watched = Watched(None)

    watched.saw(*[False] * 9)

    assert watched.store.asked == 0


@pytest.mark.parametrize(
    ("error", "counted"),
    [("BedrockRuntime.ModelErrorException", 1), ("States.Timeout", 1), ("SomethingNew", 0)],
)
def test_a_fault_is_counted_if_it_says_that_the_model_is_unwell(error, counted):
    watched = Watched()
    held = reservation(model_used=DEAR)

    assert note_fault(held, error, watch=watched.watch, clock=watched.clock) is None
    assert sum(watched.store.failures.values()) == counted


def test_a_fault_of_a_probe_is_told_whatever_it_was():
    watched = probing()
    held = reservation("probe", account="a", model_used=DEAR)

    note_fault(held, "SomethingNew", watch=watched.watch, clock=watched.clock)

    assert watched.circuit.state(watched.clock.now()) is CircuitState.DUE


@pytest.mark.parametrize("error", [LedgerUnavailable("gone"), ConfigurationError("unreadable")])
def test_a_fault_that_cannot_be_counted_is_told_and_never_raised(error):
    watched = Watched()

    def broken():
        raise error

    watched.source.current = broken
    told = note_fault(reservation(), "States.Timeout", watch=watched.watch, clock=watched.clock)

    assert told == str(error)
