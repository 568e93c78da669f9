"""The machine budget_approval with the real use cases: what it does between asking and the end."""

import json
import pathlib
from dataclasses import asdict
from datetime import timedelta

import pytest

from cost_sentry.application.answer_request import Verb
from cost_sentry.domain.approval import ApprovalState
from cost_sentry.domain.approval_rules import DAYS_MAX_MAX, EXPIRES_AFTER_HOURS_MAX
from cost_sentry.domain.errors import LedgerUnavailable
from infra.function_set import FUNCTIONS
from infra.names import pascal
from tests.fakes.approval_world import AMOUNT, BEN, FIRST, LIMIT, UNTIL, ApprovalWorld
from tests.statemachines.walker import TaskFailed, walk

MACHINE = json.loads(
    (pathlib.Path(__file__).parents[2] / "statemachines" / "budget_approval.asl.json").read_text()
)
STATES = MACHINE["States"]
STEPS_MAX = 1_000


class Workflow:
    """The machine over a world; while it waits, whatever a test has planned for then happens."""

    def __init__(self, *plans):
        self.world, self.plans, self.steps = ApprovalWorld(), list(plans), 0
        self.world.ask()

    def run(self):
        tasks = {"Follow request": self._follow, "Await answer": self._await}
        return walk(MACHINE, {"approvalId": FIRST}, tasks)

    def _follow(self, payload):
        self.steps += 1
        assert self.steps < STEPS_MAX, "it never ends"
        try:
            standing = asdict(self.world.follow(payload["approvalId"]))
        except LedgerUnavailable as error:
            raise TaskFailed("LedgerUnavailable", str(error)) from error
        return {
            "isOpen": standing["is_open"],
            "revision": standing["revision"],
            "waitSeconds": standing["wait_seconds"],
        }

    def _await(self, payload):
        token, until = payload["taskToken"], self.world.clock.time + self._limit(payload)
        self.world.wait(payload["revision"], token, payload["approvalId"])
        if self.plans:
            self.plans.pop(0)(self.world)
        if token in self.world.memory_workflow.woken:
            return {}
        self.world.at(until)
        raise TaskFailed("States.Timeout")

    def _limit(self, payload):
        return timedelta(seconds=self.world.follow(payload["approvalId"]).wait_seconds)


def nothing(_world):
    """Time goes by."""


def approve(world):
    world.answer(Verb.APPROVE)


def test_what_is_approved_holds_until_its_time_is_over_and_then_ends_by_itself():
    limits = []
    workflow = Workflow(approve, lambda world: limits.append(world.limit))

    run = workflow.run()

    assert run.status == "SUCCEEDED"
    assert limits == [LIMIT + AMOUNT]
    assert workflow.world.limit == LIMIT
    assert workflow.world.approval().state is ApprovalState.ENDED
    assert workflow.world.clock.time == UNTIL


def test_nobody_answers_and_it_is_over_in_its_time():
    workflow = Workflow()

    run = workflow.run()

    assert (run.status, run.visited[-1]) == ("SUCCEEDED", "Close request")
    assert workflow.world.approval().state is ApprovalState.EXPIRED
    assert workflow.world.limit == LIMIT


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (lambda w: w.answer(Verb.DENY), ApprovalState.DENIED),
        (
            lambda w: w.answer(Verb.WITHDRAW, w.approval().request.asked_by),
            ApprovalState.WITHDRAWN,
        ),
    ],
)
def test_an_answer_ends_the_wait_at_once(answer, state):
    workflow = Workflow(nothing, answer)

    run = workflow.run()

    assert run.attempts["Await answer"] == 2
    assert workflow.world.approval().state is state


def test_an_answer_between_a_look_and_the_wait_is_not_missed():
    workflow = Workflow()
    waited = []

    def answered_before(payload):
        if not waited:
            workflow.world.answer(Verb.DENY)
        waited.append(payload["taskToken"])
        return workflow._await(payload)

    tasks = {"Follow request": workflow._follow, "Await answer": answered_before}
    run = walk(MACHINE, {"approvalId": FIRST}, tasks)

    assert run.visited.count("Await answer") == 1
    assert workflow.world.memory_workflow.woken == waited


def test_what_was_ended_before_its_time_is_set_back_at_once():
    workflow = Workflow(approve, lambda world: world.answer(Verb.END, BEN))

    workflow.run()

    assert workflow.world.limit == LIMIT
    assert workflow.world.clock.time < UNTIL


def test_an_answer_whose_message_was_lost_takes_effect_within_the_hour():
    def lost(world):
        world.answer(Verb.APPROVE)
        world.memory_workflow.woken.clear()
        asked_at.append(world.clock.time)

    asked_at, limits = [], []
    workflow = Workflow(lost, lambda world: limits.append((world.clock.time, world.limit)))

    workflow.run()

    ((seen_at, limit),) = limits
    assert limit == LIMIT + AMOUNT
    assert seen_at - asked_at[0] <= timedelta(hours=1)


def test_a_fault_is_tried_again_and_a_bug_is_not():
    workflow = Workflow(approve)
    workflow.world.memory_ledger.down = True
    down = workflow.run()

    def bug(_payload):
        raise TaskFailed("InvariantViolated", "P1")

    broken = walk(MACHINE, {"approvalId": FIRST}, {"Follow request": bug, "Await answer": bug})

    assert down.status == "FAILED"
    assert down.error == "LedgerUnavailable"
    assert down.attempts["Follow request"] > 70
    assert (broken.error, broken.attempts["Follow request"]) == ("InvariantViolated", 1)


def test_a_wait_that_cannot_begin_is_begun_again_after_a_pause():
    workflow, failures = Workflow(), ["Lambda.Unknown"]

    def sometimes(payload):
        if failures:
            raise TaskFailed(failures.pop())
        return workflow._await(payload)

    tasks = {"Follow request": workflow._follow, "Await answer": sometimes}
    run = walk(MACHINE, {"approvalId": FIRST}, tasks)

    assert run.visited.count("Pause after fault") == 1
    assert run.status == "SUCCEEDED"


def test_each_wait_has_the_time_limit_of_its_request():
    workflow = Workflow(nothing, approve)

    run = workflow.run()

    limits = run.time_limits["Await answer"]
    assert all(0 < limit <= 6 * 3600 for limit in limits)
    assert STATES["Await answer"]["TimeoutSeconds"] == "{% $states.input.waitSeconds %}"
    assert STATES["Await answer"]["Resource"].endswith("lambda:invoke.waitForTaskToken")


def test_the_machine_outlasts_the_longest_request_and_its_history_has_room_for_it():
    days = DAYS_MAX_MAX + EXPIRES_AFTER_HOURS_MAX / 24
    looks = EXPIRES_AFTER_HOURS_MAX + DAYS_MAX_MAX * 4
    events_of_a_look = 25

    assert MACHINE["TimeoutSeconds"] > days * 86_400
    assert MACHINE["TimeoutSeconds"] < 365 * 86_400, "Standard ends every execution after a year"
    assert looks * events_of_a_look < 25_000, "Standard ends an execution with more events"


def test_the_function_of_the_look_has_less_time_than_its_state():
    row = next(row for row in FUNCTIONS if row.name == "follow_request")
    state = STATES["Follow request"]

    assert state["Arguments"]["FunctionName"] == f"${{{pascal(row.name)}Arn}}"
    assert row.timeout_seconds < state["TimeoutSeconds"]
