import json
import threading

import pytest

from cost_sentry_local.demo.answers import Outcome, read_answer
from cost_sentry_local.demo.replay import Replay
from cost_sentry_local.demo.traffic import CALLERS
from cost_sentry_local.demo.workload import plan_call

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:guarded"


def call(number: int = 1, after_seconds: float = 0.0):
    return plan_call(
        request_id=f"r{number}", caller=CALLERS[0], tokens=(30, 10), after_seconds=after_seconds
    )


def workflow_of(tags):
    return f"{ARN}_{tags['team']}"


class Workflow:
    """Step Functions that answers at once, and remembers who asked."""

    def __init__(self, on_start=lambda _request: None):
        self.on_start = on_start
        self.started = []
        self._lock = threading.Lock()

    def start_sync_execution(self, *, stateMachineArn, input):  # noqa: N803, A002 - boto3's names
        request = json.loads(input)
        with self._lock:
            self.started.append((stateMachineArn, request["requestId"]))
        self.on_start(request)
        return {"status": "SUCCEEDED", "output": json.dumps({"sentry": {"decision": "ALLOW"}})}


@pytest.mark.parametrize(
    ("decision", "outcome"),
    [("ALLOW", Outcome.ALLOWED), ("REROUTE", Outcome.REROUTED), ("REJECT", Outcome.REJECTED)],
)
def test_an_answer_is_counted_by_its_decision(decision, outcome):
    output = json.dumps({"sentry": {"decision": decision}, "stopReason": "end_turn"})

    answer = read_answer(call(), {"status": "SUCCEEDED", "output": output}, 0.1)

    assert (answer.outcome, answer.response) == (outcome, {"stopReason": "end_turn"})


def test_a_failure_keeps_its_name_and_what_the_sentry_said():
    cause = json.dumps({"message": "busy", "sentry": {"status": "VOIDED"}})
    execution = {"status": "FAILED", "error": "ThrottlingException", "cause": cause}

    answer = read_answer(call(), execution, 0.1)

    assert answer.outcome is Outcome.FAILED
    assert (answer.error, answer.sentry["status"]) == ("ThrottlingException", "VOIDED")


def test_a_failure_without_readable_cause_has_no_sentry_block():
    answer = read_answer(call(), {"status": "TIMED_OUT", "cause": "too late"}, 0.1)

    assert (answer.outcome, answer.error, answer.sentry) == (Outcome.FAILED, "TIMED_OUT", {})


def test_every_call_is_started_once_and_answers_come_in_the_trace_s_order():
    workflow, seen = Workflow(), []

    answers = Replay(workflow, workflow_of).run(
        [call(n) for n in range(20)], callers=4, speed=1.0, on_answer=seen.append
    )

    team = CALLERS[0].team
    assert [answer.call.request_id for answer in answers] == [f"r{n}" for n in range(20)]
    assert sorted(workflow.started) == sorted((f"{ARN}_{team}", f"r{n}") for n in range(20))
    assert len(seen) == 20


def test_an_error_of_one_call_ends_the_replay_without_starting_the_rest():
    def fail(request):
        if request["requestId"] == "r0":
            raise ConnectionError("the cloud is gone")

    workflow = Workflow(fail)
    calls = [call(0), *(call(n, after_seconds=60.0) for n in range(1, 20))]

    with pytest.raises(ConnectionError, match="the cloud is gone"):
        Replay(workflow, workflow_of).run(
            calls, callers=2, speed=1.0, on_answer=lambda _answer: None
        )

    assert workflow.started == [(workflow_of({"team": CALLERS[0].team}), "r0")]
