"""Callers that race for the probe of a model. ``store`` makes one of the same circuits."""

from datetime import timedelta

from cost_sentry.domain.circuit import PROBE_SECONDS_MAX, Circuit, CircuitState, Tally
from tests.contract.race import race
from tests.fakes.builders import NOON

MODEL = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
OPEN = Circuit(opened_at=NOON, due_at=NOON + timedelta(seconds=30), tally=Tally(8, 5))
DUE_AT, CALLERS = OPEN.due_at, 8


def takers(store, now):
    """How many of those who saw the same circuit became its probe."""
    seen = store().read()[MODEL]
    assert seen.state(now) is CircuitState.DUE

    def take(number):
        return store().change(MODEL, seen, seen.probed_by(f"search/web#r{number}", now))

    return race(CALLERS, CALLERS, take).count(True)


class CircuitRaces:
    def test_one_of_many_takes_the_probe(self, store):
        store().change(MODEL, None, OPEN)

        assert takers(store, DUE_AT) == 1

    def test_a_probe_that_is_given_back_is_taken_again_by_one(self, store):
        store().change(MODEL, None, OPEN)
        probed = OPEN.probed_by("search/web#r0", DUE_AT)
        store().change(MODEL, OPEN, probed)

        assert store().change(MODEL, probed, probed.given_back())
        assert takers(store, DUE_AT) == 1

    def test_a_probe_that_nobody_reported_on_is_taken_over_by_one(self, store):
        store().change(MODEL, None, OPEN.probed_by("search/web#r0", DUE_AT))
        lapsed = DUE_AT + timedelta(seconds=PROBE_SECONDS_MAX)

        assert takers(store, lapsed) == 1
