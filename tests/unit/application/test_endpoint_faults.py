"""Every fault that can come between an endpoint and its sleep, or its wake."""

from datetime import timedelta

import pytest

from cost_sentry.application.endpoint_ports import (
    EndpointDenied,
    EndpointFault,
    EndpointRefused,
    EndpointThrottled,
)
from cost_sentry.application.endpoint_problems import ProblemKind
from cost_sentry.domain.endpoint import EndpointKind, EndpointState
from cost_sentry.domain.endpoint_sleep import SleepState
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.instance_price import Fleet
from cost_sentry.domain.reservation import ReservationState
from tests.fakes.sleep_world import SleepWorld, bodies, put_to_sleep, state

KINDS = list(EndpointKind)


@pytest.fixture
def world() -> SleepWorld:
    return SleepWorld()


def between_steps(world: SleepWorld, at: SleepState, event) -> None:
    """Run once; when the record reaches a state, something happens before the next step."""
    put = world.records.put

    def and_then(record, replaces):
        done = put(record, replaces)
        if record.state is at:
            world.records.put = put
            event()
        return done

    world.records.put = and_then
    world.run()


def update(world: SleepWorld) -> None:
    world.sagemaker.real["chat"].content = "second"


def change(world: SleepWorld) -> None:
    world.sagemaker.real["chat"].state = EndpointState.CHANGING


def fail(world: SleepWorld) -> None:
    world.sagemaker.real["chat"].state = EndpointState.FAILED


def make_anew(world: SleepWorld) -> None:
    world.sagemaker.make("chat", made_at=world.clock.now())


def tamper(world: SleepWorld) -> None:
    kept = world.records.kept["chat"]
    other = type(kept.snapshot)(endpoint=kept.snapshot.endpoint, content="cut off")
    world.records.kept["chat"] = type(kept)(
        **{**{f: getattr(kept, f) for f in kept.__slots__}, "snapshot": other}
    )


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (update, "it was changed after its snapshot was taken"),
        (change, "it is changing meanwhile"),
        (fail, "it is failed meanwhile"),
        (make_anew, "somebody made it anew meanwhile"),
        (tamper, "its snapshot could not be read back"),
        (lambda w: w.sagemaker.delete("chat"), "it was deleted meanwhile"),
        (lambda w: w.records.want("chat", w.clock.now()), "somebody asked for it meanwhile"),
    ],
)
def test_a_snapshot_that_is_not_true_any_more_means_no_deletion(world, event, why):
    world.sagemaker.make("chat")

    between_steps(world, SleepState.SNAPSHOT, lambda: event(world))

    assert state(world) is SleepState.ABANDONED
    assert world.records.kept["chat"].reason == why
    assert world.sagemaker.deeds == []


def test_a_call_after_the_plan_keeps_it_awake(world):
    world.sagemaker.make("chat")

    def call():
        world.sagemaker.call("chat")
        world.clock.advance(minutes=1)

    between_steps(world, SleepState.VERIFIED, call)

    assert state(world) is SleepState.ABANDONED
    assert world.sagemaker.deeds == []


def test_metrics_that_are_missing_for_half_an_hour_keep_everybody_awake(world):
    world.sagemaker.make("chat")
    world.sagemaker.deaf.add("chat")

    report = world.run()
    assert world.reasons(report)["chat"] == ("keep", "its metrics could not be read")

    world.sagemaker.deaf.clear()
    world.sagemaker.lag = timedelta(minutes=30)
    report = world.run()
    assert "gap" in world.reasons(report)["chat"][1]
    assert world.sagemaker.deeds == []


def test_a_missing_permission_on_one_of_ten_holds_up_no_other(world):
    for number in range(10):
        world.sagemaker.make(f"e{number}")
    world.sagemaker.refuses["put_to_sleep", "e3"] = EndpointDenied("e3: AccessDenied")

    world.run()
    world.pass_minutes(5)

    asleep = {n for n in world.records.kept if state(world, n) is SleepState.ASLEEP}
    assert asleep == {f"e{n}" for n in range(10) if n != 3}
    assert state(world, "e3") is SleepState.ABANDONED
    assert "AccessDenied" in world.records.kept["e3"].reason
    assert len(bodies(world, "abandoned")) == 1
    assert world.sagemaker.real["e3"].scaling


def test_one_that_may_not_even_be_described_is_a_problem_and_holds_up_no_other(world):
    for number in range(3):
        world.sagemaker.make(f"e{number}")
    world.sagemaker.refuses["look", "e1"] = EndpointDenied("AccessDenied")

    report = world.run()

    assert sorted(report.slept) == ["e0", "e2"]
    assert [f"{one}" for one in report.problems] == ["e1: AccessDenied"]
    assert report.problems[0].kind is ProblemKind.DENIED


@pytest.mark.parametrize("verb", ["named", "look", "activities", "snapshot", "put_to_sleep"])
def test_a_throttled_sagemaker_is_asked_again_by_the_next_run(world, verb):
    world.sagemaker.make("chat")
    world.sagemaker.refuses[verb, "*"] = EndpointThrottled("slow down")

    report = world.run()
    assert report.problems
    assert world.sagemaker.deeds == []

    world.sagemaker.refuses.clear()
    world.pass_minutes(10)
    assert state(world) is SleepState.ASLEEP


@pytest.mark.parametrize("verb", ["look", "restore", "finish", "answers"])
def test_a_fault_while_waking_is_made_good_by_the_next_run(world, verb):
    put_to_sleep(world)
    world.sagemaker.refuses[verb, "*"] = EndpointFault("no answer")
    world.wake("chat")
    world.pass_minutes(15)
    assert state(world) is not SleepState.CLOSED

    world.sagemaker.refuses.clear()
    world.pass_minutes(20)

    assert state(world) is SleepState.CLOSED
    assert len(world.ledger.entries) == 2


def test_a_wake_that_fails_is_charged_cleared_and_tried_again(world):
    put_to_sleep(world)
    fails = iter([True, False])
    world.sagemaker.fails = lambda _name: next(fails)
    world.wake("chat")
    world.pass_minutes(5)

    assert state(world) is SleepState.ASLEEP
    assert "wake-failed-0" in world.notices.events

    world.pass_minutes(30)

    assert state(world) is SleepState.CLOSED
    ended = [e.resolution for e in world.ledger.entries if e.resolution]
    assert [one.estimated for one in ended] == [True, False]


@pytest.mark.parametrize("fault", [EndpointRefused("its model is gone"), EndpointDenied("denied")])
def test_a_wake_that_sagemaker_refuses_to_begin_costs_nothing_and_keeps_the_snapshot(world, fault):
    put_to_sleep(world)
    world.sagemaker.refuses["restore", "chat"] = fault
    world.wake("chat")
    world.pass_minutes(5)

    assert state(world) is SleepState.ASLEEP
    assert f"{fault}" in world.records.kept["chat"].reason
    ended = [e.resolution for e in world.ledger.entries if e.resolution]
    assert {one.state for one in ended} == {ReservationState.VOIDED}
    assert world.records.kept["chat"].snapshot.content == "first"


@pytest.mark.parametrize("kind", KINDS)
def test_a_sleep_that_somebody_else_ends_is_closed_and_told(world, kind):
    put_to_sleep(world, kind=kind)
    world.sagemaker.make("chat", kind, made_at=world.clock.now())

    world.wake("chat")

    assert state(world) is SleepState.CLOSED
    assert world.records.kept["chat"].reason == "its owner made it anew"
    assert world.notices.events == ["asleep", "closed"]
    assert world.ledger.entries == []


def test_an_endpoint_with_components_that_its_owner_deletes_is_not_made_again(world):
    put_to_sleep(world, kind=EndpointKind.COMPONENTS)
    world.sagemaker.delete("chat")

    world.wake("chat")

    assert state(world) is SleepState.CLOSED
    assert "chat" not in world.sagemaker.real


def test_a_silent_ledger_wakes_nobody_and_loses_nobody(world):
    put_to_sleep(world)
    world.ledger.down = True
    with pytest.raises(LedgerUnavailable):
        world.wake("chat")
    assert [verb for _, verb, _ in world.sagemaker.deeds] == ["sleep"]

    world.ledger.down = False
    world.pass_minutes(15)

    assert state(world) is SleepState.CLOSED


def test_a_silent_table_begins_nothing(world):
    world.sagemaker.make("chat")
    world.records.is_silent = True

    with pytest.raises(LedgerUnavailable):
        world.run()

    assert world.sagemaker.deeds == []


def test_a_mail_that_cannot_be_written_is_written_by_the_next_run(world):
    world.sagemaker.make("chat")
    world.run()
    world.notices.is_silent = True

    (report,) = world.pass_minutes(5)
    assert [f"{one}" for one in report.problems] == ["chat: gone"]
    assert state(world) is SleepState.FALLING_ASLEEP

    world.notices.is_silent = False
    world.pass_minutes(5)

    assert world.notices.events == ["asleep"]


def test_an_unknown_price_after_it_slept_refuses_its_wake_and_says_so(world):
    world.sagemaker.make("chat", fleets=(Fleet(instance_type="ml.g5.xlarge", count=1),))
    world.run()
    world.pass_minutes(5)
    world.prices = {}

    answer = world.wake("chat")

    assert answer.state.value == "ASLEEP"
    assert "nobody knows any more what its instances cost" in answer.reason
