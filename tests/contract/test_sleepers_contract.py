"""What admission asks of endpoints that sleep: the real answer, and the fake."""

from dataclasses import replace

import pytest

from cost_sentry.adapters.cached_sleepers import CachedSleepers
from cost_sentry.domain.endpoint_asleep import asleep_by
from cost_sentry.domain.endpoint_sleep import SleepState
from tests.fakes.builders import NOON, ManualClock
from tests.fakes.memory_sleepers import MemorySleepers
from tests.fakes.memory_sleeps import MemorySleeps
from tests.fakes.sleep_world import SleepWorld


def asleep_record():
    world = SleepWorld()
    world.sagemaker.make("own")
    begun = world.steps().begin("own", "it is idle")
    return replace(begun, state=SleepState.ASLEEP, slept_at=NOON, reason="it has no instances")


@pytest.fixture(params=["memory", "cached"])
def sleepers(request):
    """With one endpoint, own, that sleeps."""
    record = asleep_record()
    if request.param == "memory":
        made = MemorySleepers()
        made.sleeping["own"] = asleep_by(record, NOON)
        return made
    records = MemorySleeps()
    records.kept["own"] = record
    return CachedSleepers(lambda: records, ManualClock())


def test_a_sleeper_is_told_of_and_who_was_never_put_to_sleep_is_awake(sleepers):
    found = sleepers.asleep("own")

    assert (found.endpoint, found.since, found.waking_since) == ("own", NOON, None)
    assert sleepers.asleep("other") is None


def test_a_wake_is_asked_for_once_and_of_each_endpoint_by_itself(sleepers):
    assert [sleepers.asks_for(name) for name in ("own", "own", "other")] == [True, False, True]


def test_asking_for_a_wake_changes_nothing_that_is_told(sleepers):
    before = sleepers.asleep("own")
    sleepers.asks_for("own")

    assert sleepers.asleep("own") == before
