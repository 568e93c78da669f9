"""The demo's agents: what they ask, and what is said to have been spared."""

import pytest

from cost_sentry.domain.session import is_session_id
from cost_sentry_local.demo.agents import branching, looping, spared
from cost_sentry_local.demo.answers import Answer, Outcome


class Stopped:
    """A replay in which so many calls go through."""

    def __init__(self, allowed):
        self.allowed, self.sessions = allowed, []

    def call(self, planned):
        self.sessions.append(planned.input["session"])
        is_allowed = len(self.sessions) <= self.allowed
        return Answer(
            call=planned,
            outcome=Outcome.ALLOWED if is_allowed else Outcome.REJECTED,
            sentry={"costUsd": f"0.00{len(self.sessions)}"} if is_allowed else {},
            response={},
            error=None,
            seconds=0.1,
        )


def test_all_steps_of_a_loop_are_of_one_run_and_stand_at_the_same_place():
    replay = Stopped(3)

    calls = looping(replay)

    [run] = {session["id"] for session in replay.sessions}
    assert is_session_id(run)
    assert {tuple(session["path"]) for session in replay.sessions} == {("planner",)}
    names = [name for name, _ in calls]
    assert names == ["planner, a step"] * 3 + ["planner, the same step once more"] * 7


def test_branches_are_of_another_run_and_named_by_their_paths():
    first, second = Stopped(1), Stopped(1)
    looping(first)

    calls = branching(second)

    assert first.sessions[0]["id"] != second.sessions[0]["id"]
    paths = [tuple(session["path"]) for session in second.sessions]
    assert [name for name, _ in calls] == ["/".join(path) for path in paths]


@pytest.mark.parametrize(
    ("allowed", "said"),
    [
        (3, "7 steps cost nothing; like the last that ran they would have cost $0.021."),
        (0, ""),
        (10, ""),
    ],
)
def test_what_is_spared_is_what_the_last_step_cost_for_each_that_was_refused(allowed, said):
    assert spared(looping(Stopped(allowed))) == said
