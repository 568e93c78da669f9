"""A wake that SageMaker never ends is taken back, or told and tried again; and it is charged."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.application.endpoint_ports import EndpointDenied, EndpointHalfDone
from cost_sentry.application.endpoint_problems import ProblemKind
from cost_sentry.application.late_wakes import POSTED_BEFORE
from cost_sentry.application.wake_endpoint import WakeState
from cost_sentry.domain.endpoint import EndpointKind, EndpointState
from cost_sentry.domain.endpoint_rules import SCALE_EVERY_MINUTES
from cost_sentry.domain.endpoint_sleep import SleepState
from cost_sentry.domain.reservation import ReservationState
from tests.fakes.sleep_world import DOLLAR, RULES, SleepWorld, bodies, put_to_sleep, state, wakes

LATE_MINUTES = RULES.give_up_after // timedelta(minutes=1)
FOR_EVER = timedelta(days=365).total_seconds()


def hanging(kind: EndpointKind = EndpointKind.PLAIN) -> SleepWorld:
    """It was ordered to wake, and will be made for a year; SageMaker lets it be taken back."""
    world = SleepWorld()
    put_to_sleep(world, kind=kind)
    world.sagemaker.seconds = lambda _name, verb: 60 if verb == "sleep" else FOR_EVER
    world.sagemaker.clings = lambda _name: False
    world.wake("chat")
    return world


@pytest.fixture(params=list(EndpointKind))
def world(request) -> SleepWorld:
    return hanging(request.param)


def resolutions(world):
    return [entry.resolution for entry in world.ledger.entries if entry.resolution]


def cost_of(span: timedelta) -> int:
    return span // timedelta(minutes=1) * DOLLAR * 1408 // 60_000


def posted_after(world) -> timedelta:
    """So long after its order a wake that nothing ends is charged."""
    held = world.records.kept["chat"].held
    return held.expires_at - POSTED_BEFORE - world.clock.now()


def minutes(span: timedelta) -> int:
    return span // timedelta(minutes=1)


def test_a_wake_that_hangs_is_taken_back_after_the_deadline_and_charged_for_all_its_time(world):
    world.pass_minutes(LATE_MINUTES)
    assert state(world) is SleepState.ASLEEP
    world.clock.advance(minutes=1)
    one = world.sagemaker.at("chat")
    assert one is None or one.state is EndpointState.ASLEEP
    world.pass_minutes(5)

    (ended,) = resolutions(world)
    assert (ended.state, ended.estimated) == (ReservationState.SETTLED, True)
    assert ended.cost_picodollars >= cost_of(RULES.give_up_after)
    assert world.notices.events == ["asleep", "overdue", "wake-failed-0"]
    assert "was put back to sleep" in bodies(world, "wake-failed")[0].replace("\n", " ")


def test_one_that_hung_once_is_tried_again_for_who_waits(world):
    world.pass_minutes(LATE_MINUTES)
    world.sagemaker.seconds = lambda _name, _verb: 60
    world.pass_minutes(15)

    assert state(world) is SleepState.CLOSED
    assert wakes(world) == 2


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (None, ProblemKind.BUSY),
        (EndpointDenied("AccessDenied"), ProblemKind.DENIED),
        (EndpointHalfDone("a part"), ProblemKind.REFUSED),
    ],
)
def test_one_that_sagemaker_does_not_take_back_is_told_once_and_tried_by_each_run(
    world, fault, kind
):
    world.sagemaker.clings = lambda _name: True
    if fault is not None:
        world.sagemaker.refuses["take_back", "chat"] = fault
    reports = world.pass_minutes(LATE_MINUTES + 60)

    assert state(world) is SleepState.RESTORING
    runs = 60 // SCALE_EVERY_MINUTES + 1
    assert [one.kind for report in reports[-runs:] for one in report.problems] == [kind] * runs
    assert world.notices.events == ["asleep", "overdue", "hangs-0"]

    world.sagemaker.refuses.clear()
    world.sagemaker.clings = lambda _name: False
    world.pass_minutes(5)
    assert state(world) is SleepState.ASLEEP


def test_one_that_is_never_taken_back_is_charged_for_its_time_before_its_hold_expires(world):
    world.sagemaker.clings = lambda _name: True
    after, began = posted_after(world), world.clock.now()

    world.pass_minutes(minutes(after) - SCALE_EVERY_MINUTES)
    assert world.ledger.pending()
    world.pass_minutes(SCALE_EVERY_MINUTES)

    assert not world.ledger.pending()
    (ended,) = resolutions(world)
    assert ended.resolved_at - began > RULES.give_up_after
    assert ended.cost_picodollars == cost_of(ended.resolved_at - began)
    world.pass_minutes(24 * 60, every=60)
    assert len(resolutions(world)) == 1


def test_what_nobody_pays_for_any_more_is_ended_whatever_the_rules_say_by_then(world):
    world.sagemaker.clings = lambda _name: True
    world.pass_minutes(minutes(posted_after(world)))
    world.sagemaker.clings = lambda _name: False
    world.rules = replace(RULES, wake_minutes_max=24 * 60)

    world.pass_minutes(10)

    assert (state(world), wakes(world)) == (SleepState.ASLEEP, 1)


def test_one_that_comes_into_service_after_all_is_closed_and_charged_once(world):
    world.sagemaker.clings = lambda _name: True
    world.pass_minutes(minutes(posted_after(world)) + 30)
    one = world.sagemaker.real["chat"]
    one.becomes = (world.clock.now(), EndpointState.IN_SERVICE)

    world.pass_minutes(5)

    assert state(world) is SleepState.CLOSED
    assert one.scaling
    assert len(resolutions(world)) == 1


def test_one_that_does_not_answer_and_is_not_taken_back_is_charged_for_its_time_too(world):
    world.sagemaker.mute.add("chat")
    world.sagemaker.real["chat"].is_mute = True
    world.sagemaker.real["chat"].becomes = (world.clock.now(), EndpointState.IN_SERVICE)
    world.sagemaker.refuses["take_back", "chat"] = EndpointDenied("AccessDenied")
    after = posted_after(world)

    world.pass_minutes(minutes(after))

    (ended,) = resolutions(world)
    assert ended.cost_picodollars >= cost_of(after)
    assert len(bodies(world, "hangs")) == 1


def test_one_that_may_not_be_taken_away_is_left_told_once_and_charged(world):
    world.rules = replace(RULES, is_dry_run=True)

    world.pass_minutes(minutes(posted_after(world)))

    assert [verb for _, verb, _ in world.sagemaker.deeds] == ["sleep", "wake"]
    (told,) = bodies(world, "hangs")
    assert "it is left as it is" in told
    assert "chat hangs in its wake, and may not be ended" in told
    assert "nothing is put to sleep by a dry" in told
    assert len(resolutions(world)) == 1


def test_who_asks_is_given_no_moment_that_has_passed(world):
    world.sagemaker.clings = lambda _name: True
    assert world.wake("chat").expected_by > world.clock.now()

    world.pass_minutes(LATE_MINUTES + 60)
    answer = world.wake("chat")

    assert (answer.state, answer.expected_by) == (WakeState.WAKING, None)


def test_what_its_owner_changes_meanwhile_is_not_taken_back_and_is_charged():
    world = hanging()
    world.sagemaker.real["chat"].content = "second"

    world.pass_minutes(minutes(posted_after(world)))

    assert [verb for _, verb, _ in world.sagemaker.deeds] == ["sleep", "wake"]
    assert len(resolutions(world)) == 1
