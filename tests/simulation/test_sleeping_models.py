"""Seeds whose model is an endpoint that sleeps: the same promises, and what callers are told."""

from collections import Counter

import pytest

from cost_sentry.adapters.cached_sleepers import CachedSleepers
from cost_sentry.application.sleep_check import SleepCheck
from tests.fakes.memory_sleepers import asleep
from tests.simulation.sleeping_models import run

SEEDS, CHUNK = 300, 30
QUICK = 60
MET = {
    "ASLEEP",
    "CLOSED",
    "calls of the endpoint",
    "calls that met a sleeper",
    "decided REROUTED_WHILE_ASLEEP",
    "served after a wait",
    "told when to come again",
    "waits",
    "wakes asked for",
    "wakes refused",
}


def seeds(first, count):
    met, failures = Counter(), []
    for seed in range(first, first + count):
        simulation, failure = run(seed)
        met.update(simulation.count)
        if failure is not None:
            failures.append((seed, failure))
    return met, failures


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(n, marks=[] if n < QUICK else [pytest.mark.slow])
        for n in range(0, SEEDS, CHUNK)
    ],
)
def test_no_seed_breaks_a_promise_and_each_caller_is_served_rerouted_or_told_when_to_come(first):
    met, failures = seeds(first, CHUNK)

    assert failures == []
    assert {name for name in MET if not met[name]} == set()


def test_a_seed_does_the_same_again():
    once, again = seeds(3, 2), seeds(3, 2)

    assert once == again


def test_who_is_told_that_an_endpoint_sleeps_which_is_awake_is_noticed(monkeypatch):
    monkeypatch.setattr(CachedSleepers, "asleep", lambda _self, name: asleep(name))

    _, failures = seeds(0, 10)

    assert any("it was awake" in failure for _, failure in failures)


def test_who_waits_longer_than_the_configuration_says_is_noticed(monkeypatch):
    real = SleepCheck._wait_seconds

    def for_ever(check):
        listed = check.config.endpoint_models.get(check.asked)
        return real(check) or (15 if listed and check.struck.get(check.asked) else None)

    monkeypatch.setattr(SleepCheck, "_wait_seconds", for_ever)

    _, failures = seeds(0, 10)

    assert any(" waited " in failure for _, failure in failures)
