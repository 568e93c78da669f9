"""When a circuit opens, who may probe, and what a probe's end makes of it."""

from datetime import timedelta

import pytest

from cost_sentry.domain.circuit import (
    PROBE_SECONDS_MAX,
    Circuit,
    CircuitRules,
    CircuitState,
    Tally,
    bucket_of,
    opened_by,
    reported,
)
from tests.fakes.builders import NOON

RULES = CircuitRules(failures=5, failure_percent=50, within_seconds=30, open_seconds=20)
TALLY = Tally(calls=8, failures=5)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def opened() -> Circuit:
    circuit = opened_by(TALLY, RULES, NOON)
    assert circuit is not None
    return circuit


@pytest.mark.parametrize(
    ("calls", "failures", "opens"),
    [
        (5, 5, True),
        (4, 4, False),
        (10, 5, True),
        (11, 5, False),
        (1_000, 499, False),
        (1_000, 500, True),
        (0, 0, False),
    ],
)
def test_a_circuit_opens_at_enough_failures_that_are_enough_of_the_calls(calls, failures, opens):
    assert (opened_by(Tally(calls, failures), RULES, NOON) is not None) == opens


def test_it_is_open_until_its_time_is_over_and_then_waits_for_a_probe():
    circuit = opened()

    assert circuit.state(NOON) is CircuitState.OPEN
    assert circuit.state(NOON + seconds(19.999)) is CircuitState.OPEN
    assert circuit.state(NOON + seconds(20)) is CircuitState.DUE


def test_one_probe_at_a_time_until_nobody_waits_for_its_report_any_more():
    began = NOON + seconds(20)
    circuit = opened().probed_by("a#r1", began)

    assert circuit.state(began) is CircuitState.PROBED
    assert circuit.state(began + seconds(PROBE_SECONDS_MAX - 0.001)) is CircuitState.PROBED
    assert circuit.state(began + seconds(PROBE_SECONDS_MAX)) is CircuitState.DUE


def test_a_probe_that_succeeds_closes_it():
    circuit = opened().probed_by("a#r1", NOON + seconds(20))

    assert reported(circuit, is_well=True, rules=RULES, now=NOON + seconds(21)) is None


def test_a_probe_that_fails_opens_it_anew_and_it_remembers_since_when():
    circuit = opened().probed_by("a#r1", NOON + seconds(20))

    anew = reported(circuit, is_well=False, rules=RULES, now=NOON + seconds(22))

    assert anew is not None
    assert (anew.opened_at, anew.due_at) == (NOON, NOON + seconds(42))
    assert anew.state(NOON + seconds(41)) is CircuitState.OPEN
    assert anew.probe is None


def test_a_probe_that_says_nothing_of_the_model_leaves_the_place_to_another():
    circuit = opened().probed_by("a#r1", NOON + seconds(20))

    after = reported(circuit, is_well=None, rules=RULES, now=NOON + seconds(21))

    assert after == opened()
    assert after.state(NOON + seconds(21)) is CircuitState.DUE


def test_a_bucket_begins_at_a_multiple_of_its_width():
    assert bucket_of(NOON) == bucket_of(NOON + seconds(4.999)) == int(NOON.timestamp())
    assert bucket_of(NOON + seconds(5)) == int(NOON.timestamp()) + 5
