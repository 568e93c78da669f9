"""What admission knows of sleeping endpoints: a second old at most, and never a fault."""

from dataclasses import replace
from datetime import timedelta

from cost_sentry.adapters.cached_sleepers import CachedSleepers
from cost_sentry.domain.endpoint_sleep import SleepState
from cost_sentry.domain.errors import InvariantViolated
from tests.fakes.builders import NOON, ManualClock
from tests.fakes.memory_sleeps import MemorySleeps
from tests.fakes.sleep_world import SleepWorld


class Counted(MemorySleeps):
    def __init__(self) -> None:
        super().__init__()
        self.reads, self.is_unreadable = 0, False

    def read(self, endpoint):
        self.reads += 1
        if self.is_unreadable:
            raise InvariantViolated("the sleep of chat cannot be read")
        return super().read(endpoint)


def house():
    records, clock = Counted(), ManualClock()
    world = SleepWorld()
    world.sagemaker.make("chat")
    begun = world.steps().begin("chat", "it is idle")
    records.kept["chat"] = replace(begun, state=SleepState.ASLEEP, since=NOON, slept_at=NOON)
    return records, clock, CachedSleepers(lambda: records, clock)


def test_a_record_is_read_once_a_second_at_most_and_of_who_asks_for_it():
    records, clock, sleepers = house()

    assert sleepers.asleep("chat").endpoint == "chat"
    assert sleepers.asleep("chat").since == NOON
    assert sleepers.asleep("never slept") is None
    assert sleepers.asleep("never slept") is None
    assert records.reads == 2

    clock.advance(seconds=1)
    records.kept["chat"] = replace(records.kept["chat"], state=SleepState.ANSWERED)
    assert sleepers.asleep("chat") is None
    assert records.reads == 3


def test_nobody_makes_a_client_before_somebody_looks():
    made = []

    sleepers = CachedSleepers(lambda: made.append(1) or Counted(), ManualClock())
    assert not made

    sleepers.asleep("chat")
    sleepers.asleep("other")
    assert made == [1]


def test_what_cannot_be_read_counts_as_awake_and_is_left_alone_for_ten_seconds():
    for fault in ("is_silent", "is_unreadable"):
        records, clock, sleepers = house()
        setattr(records, fault, True)

        assert sleepers.asleep("chat") is None
        clock.advance(seconds=9)
        assert sleepers.asleep("chat") is None
        assert records.reads == 1

        setattr(records, fault, False)
        clock.advance(seconds=1)
        assert sleepers.asleep("chat") is not None


def test_a_clock_that_was_set_back_makes_it_look_again():
    records, clock, sleepers = house()
    sleepers.asleep("chat")

    clock.advance(seconds=-30)
    sleepers.asleep("chat")

    assert records.reads == 2


def test_a_wake_is_asked_for_once_a_minute_and_of_each_endpoint_by_itself():
    _, clock, sleepers = house()

    assert [sleepers.asks_for("chat"), sleepers.asks_for("chat")] == [True, False]
    assert sleepers.asks_for("other")

    clock.advance(seconds=60)
    assert sleepers.asks_for("chat")


def test_what_the_record_says_is_what_a_call_finds():
    records, clock, sleepers = house()
    asleep = records.kept["chat"]

    def found(**changes):
        clock.advance(seconds=1)
        records.kept["chat"] = replace(asleep, **changes)
        return sleepers.asleep("chat")

    gone = {SleepState.FALLING_ASLEEP, SleepState.ASLEEP, SleepState.RESTORING}
    assert {s for s in SleepState if found(state=s, restoring_since=NOON)} == gone
    waking = found(state=SleepState.RESTORING, restoring_since=NOON)
    assert (waking.waking_since, waking.is_wanted, waking.not_before) == (NOON, True, None)
    later = NOON + timedelta(minutes=5)
    put_off = found(not_before=later, reason="budget gpus has too little")
    assert (put_off.not_before, put_off.reason) == (later, "budget gpus has too little")
    records.wants["chat"] = NOON
    assert found().is_wanted
    clock.time = later
    assert found(not_before=later).not_before is None
