"""Many environments, one model that fails for a while: what holds whoever does what when."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.adapters.cached_circuits import CachedCircuits
from cost_sentry.application.watch_models import CallEnd, ModelWatch
from cost_sentry.domain import circuit
from cost_sentry.domain.circuit import (
    PROBE_SECONDS_MAX,
    CircuitRules,
    CircuitState,
    Tally,
    opened_by,
)
from tests.fakes.admissions import DEAR, FixedConfig, config
from tests.fakes.builders import NOON, ManualClock
from tests.fakes.memory_circuits import MemoryCircuits
from tests.fakes.planted_circuits import ChangesWhateverStands, LosesReports

RULES = CircuitRules(failures=4, failure_percent=50, within_seconds=30, open_seconds=10)
LAG_SECONDS_MAX = 11
"""Of what the stream tells."""
ENVIRONMENTS = 5
UNWELL = range(60, 180)
"""Seconds in which the model fails."""
LOST_UNTIL = 400
"""Reports of probes may get lost until then."""


@given(st.integers(0, 10**4), st.integers(0, 10**4))
def test_a_circuit_opens_exactly_when_both_conditions_hold(well, failed):
    opens = opened_by(Tally(well + failed, failed), RULES, NOON) is not None

    assert opens == (failed >= RULES.failures and failed >= well)


class Fleet:
    """Environments that ask for one model, a stream that lags, and reports that get lost."""

    def __init__(self, seed: int, store: MemoryCircuits | None = None) -> None:
        self.random = random.Random(seed)
        self.clock, self.store = ManualClock(), store or MemoryCircuits()
        source = FixedConfig(config(circuit_breaker=RULES))
        self.watch = ModelWatch(store=self.store, config_source=source, clock=self.clock)
        self.environments = [
            CachedCircuits(lambda: self.store, self.clock) for _ in range(ENVIRONMENTS)
        ]
        self.late: list[tuple[float, CallEnd]] = []
        self.probing: dict[str, float] = {}
        """Until when each probe runs that nobody reported on."""
        self.passed_at: list[float] = []
        """When calls went through."""
        self.number = 0

    @property
    def second(self) -> float:
        return (self.clock.now() - NOON).total_seconds()

    def run(self, seconds: int) -> None:
        while self.second < seconds:
            self.clock.advance(milliseconds=self.random.randint(20, 400))
            self._deliver()
            self._call(self.random.choice(self.environments))

    def _deliver(self) -> None:
        due = [end for at, end in self.late if at <= self.second]
        self.late = [(at, end) for at, end in self.late if at > self.second]
        for end in due:
            self.probing.pop(end.prober, None)
        if due:
            self.watch.saw(due)

    def _call(self, environment: CachedCircuits) -> None:
        self.number += 1
        prober, now = f"a#r{self.number}", self.clock.now()
        known = environment.current().get(DEAR)
        if known is not None:
            if known.state(now) is not CircuitState.DUE:
                return
            if not environment.changed(DEAR, known, known.probed_by(prober, now)):
                return
            running = [p for p, until in self.probing.items() if until > self.second]
            assert not running, f"{running} and {prober} probe at once"
            self.probing[prober] = self.second + PROBE_SECONDS_MAX
        self.passed_at.append(self.second)
        self._end(prober, is_probe=known is not None)

    def _end(self, prober: str, *, is_probe: bool) -> None:
        is_well = int(self.second) not in UNWELL
        if is_probe and self.second < LOST_UNTIL and self.random.random() < 0.2:
            return
        at = self.second + self.random.uniform(0, LAG_SECONDS_MAX)
        self.late.append((at, CallEnd(DEAR, prober, self.clock.now(), is_well)))


@pytest.mark.parametrize("seed", range(25))
def test_many_environments_probe_one_at_a_time_open_in_time_and_close_when_all_is_well(seed):
    watch_over(Fleet(seed))


def test_two_probes_at_once_are_found():
    with pytest.raises(AssertionError, match="probe at once"):
        watch_over(Fleet(0, ChangesWhateverStands()))


def test_a_probe_that_never_ends_is_found(monkeypatch):
    monkeypatch.setattr(circuit, "PROBE_SECONDS_MAX", 10**9)

    with pytest.raises(AssertionError, match="it stayed open"):
        watch_over(Fleet(0))


def test_a_probe_whose_end_is_never_written_down_is_found():
    with pytest.raises(AssertionError, match="it stayed open"):
        watch_over(Fleet(0, LosesReports()))


def watch_over(fleet: Fleet) -> None:
    """From before the model fails until all is well again."""
    fleet.run(UNWELL.start)
    assert DEAR not in fleet.store.circuits, "it opened while the model was well"
    fleet.run(UNWELL.start + RULES.within_seconds + LAG_SECONDS_MAX)
    assert DEAR in fleet.store.circuits, "it did not open while the model failed"
    fleet.run(UNWELL.stop)
    # Then probes alone go through, but for an environment that does not know yet.
    shielded = [at for at in fleet.passed_at if UNWELL.stop - 60 <= at < UNWELL.stop]
    assert len(shielded) <= 60 / RULES.open_seconds + 1
    fleet.run(LOST_UNTIL + PROBE_SECONDS_MAX + 2 * RULES.open_seconds + LAG_SECONDS_MAX)

    assert DEAR not in fleet.store.circuits, "it stayed open although the model was well"
