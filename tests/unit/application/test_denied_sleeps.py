"""A sleep or a wake that SageMaker denies or refuses: told, counted, and not tried for ever."""

from datetime import timedelta
from itertools import pairwise

import pytest

from cost_sentry.application.endpoint_ports import EndpointDenied, EndpointRefused
from cost_sentry.application.endpoint_problems import ProblemKind
from cost_sentry.domain.endpoint import EndpointKind
from cost_sentry.domain.endpoint_sleep import SleepState
from cost_sentry.domain.sleep_tries import SLEEP_PAUSE_MAX
from tests.fakes.sleep_world import DOLLAR, SleepWorld, bodies, put_to_sleep, state

DENIED = EndpointDenied("chat: AccessDenied: no policy allows sagemaker:DeleteEndpoint")
REFUSED = EndpointRefused("chat: ValidationException: an alarm watches it")
FAULTS = [(DENIED, ProblemKind.DENIED), (REFUSED, ProblemKind.REFUSED)]
KINDS = list(EndpointKind)
WEEK_MINUTES = 7 * 24 * 60


def idle(verb: str, fault: Exception, kind: EndpointKind = EndpointKind.PLAIN) -> SleepWorld:
    world = SleepWorld()
    world.sagemaker.make("chat", kind)
    world.sagemaker.refuses[verb, "chat"] = fault
    return world


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("fault", "counted_as"), FAULTS)
def test_a_sleep_that_is_denied_is_told_once_a_week_and_counted_with_each_try(
    kind, fault, counted_as
):
    world = idle("put_to_sleep", fault, kind)

    reports = [world.run(), *world.pass_minutes(WEEK_MINUTES)]

    problems = [one for report in reports for one in report.problems]
    tries = world.records.kept["chat"].failures
    assert {(one.of, one.kind, one.words) for one in problems} == {("chat", counted_as, f"{fault}")}
    assert len(problems) == tries > 7
    assert len(bodies(world, "abandoned")) == 2, "the week of the start, and the next"


def test_it_is_told_when_it_is_tried_again_and_what_to_do():
    world = idle("put_to_sleep", DENIED)
    world.run()

    (body,) = bodies(world, "abandoned")
    assert "it costs on as it is; tried again from 2026-11-21 12:30 UTC on" in body
    assert "sagemaker:DeleteEndpoint" in body


def test_another_reason_is_told_in_the_same_week_and_other_numbers_are_no_other_reason():
    world = idle("put_to_sleep", EndpointDenied("AccessDenied: request 7f3a-11"))
    world.run()
    for fault in (EndpointDenied("AccessDenied: request 90bc-27"), REFUSED):
        world.sagemaker.refuses["put_to_sleep", "chat"] = fault
        world.clock.time = world.records.kept["chat"].not_before + timedelta(minutes=1)
        world.run()

    assert world.records.kept["chat"].failures == 3
    told = bodies(world, "abandoned")
    assert len(told) == 2
    assert "an alarm watches it" in told[1]


def test_the_pause_after_a_denied_sleep_grows_to_a_day_and_no_further():
    world = idle("put_to_sleep", DENIED)
    tried = [world.clock.now()]
    world.run()
    for _ in range(0, 2 * WEEK_MINUTES, 5):
        world.pass_minutes(5)
        if (since := world.records.kept["chat"].since) > tried[-1]:
            tried.append(since)

    pauses = [later - before for before, later in pairwise(tried)]
    hours = [round(pause / timedelta(hours=1), 1) for pause in pauses]
    assert hours[:7] == [0.5, 1, 2, 4, 8, 16, 24]
    assert set(pauses[6:]) == {SLEEP_PAUSE_MAX}


def test_once_the_right_is_there_it_sleeps_and_the_next_denial_begins_anew():
    world = idle("put_to_sleep", DENIED)
    world.run()
    world.pass_minutes(24 * 60)
    world.sagemaker.refuses.clear()
    world.pass_minutes(24 * 60)
    assert state(world) is SleepState.ASLEEP
    assert world.records.kept["chat"].failures == 0, "or its first wake that fails waits for hours"

    world.wake("chat")
    world.pass_minutes(10)
    world.sagemaker.refuses["put_to_sleep", "chat"] = DENIED
    world.pass_minutes(40)

    record = world.records.kept["chat"]
    assert (record.state, record.failures) == (SleepState.ABANDONED, 1)


def test_one_that_its_owner_made_anew_does_not_wait_for_the_pause():
    world = idle("put_to_sleep", DENIED)
    world.run()
    world.pass_minutes(12 * 60)
    world.sagemaker.refuses.clear()
    world.sagemaker.make("chat", made_at=world.clock.now())

    world.pass_minutes(45)

    assert state(world) is SleepState.ASLEEP


def test_what_may_not_be_looked_at_is_a_problem_and_waits_too():
    world = idle("why_not_again", DENIED)

    reports = [world.run(), *world.pass_minutes(WEEK_MINUTES)]

    problems = [one for report in reports for one in report.problems]
    assert {one.kind for one in problems} == {ProblemKind.DENIED}
    assert 7 < len(problems) < 15
    assert len(bodies(world, "not-restorable")) == 1


def test_a_sleep_that_could_not_be_taken_back_is_a_problem_of_its_own():
    world = idle("put_to_sleep", DENIED)
    world.sagemaker.refuses["finish", "chat"] = REFUSED

    report = world.run()

    assert [one.kind for one in report.problems] == [ProblemKind.DENIED, ProblemKind.REFUSED]
    assert "could not be made as it was" in bodies(world, "abandoned")[0].replace(
        "\n          ", " "
    )


@pytest.mark.parametrize(("fault", "counted_as"), FAULTS)
def test_a_wake_that_is_denied_is_a_problem_with_each_try(fault, counted_as):
    world = SleepWorld(limit=10**5 * DOLLAR)
    put_to_sleep(world)
    world.sagemaker.refuses["restore", "chat"] = fault
    world.records.want("chat", world.clock.now())

    report = world.run()

    assert [(one.of, one.kind) for one in report.problems] == [("chat", counted_as)]
    assert state(world) is SleepState.ASLEEP

    world.clock.advance(minutes=10)
    steps = world.steps()
    steps.go_on("chat")
    steps.go_on("chat", wake="somebody asks for it")
    assert [(one.of, one.kind) for one in steps.notices.problems] == [("chat", counted_as)]
