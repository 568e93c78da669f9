"""Many callers at once: the trace's order and arrival gaps, in compressed time."""

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from cost_sentry_local.demo.answers import Answer, read_answer
from cost_sentry_local.demo.deployment import Stage
from cost_sentry_local.demo.workload import PlannedCall

Started = Callable[[PlannedCall], Answer]


class Replay:
    """Starts executions of the callers' workflows.

    Args:
        step_functions: A boto3 client that tries once.
        workflow_of: The ARN of the workflow that a call with these tags starts.
    """

    def __init__(
        self,
        step_functions: Any,  # noqa: ANN401 - boto3
        workflow_of: Callable[[Mapping[str, str]], str],
    ) -> None:
        self._step_functions = step_functions
        self._workflow_of = workflow_of
        self._ended = threading.Event()

    def call(self, planned: PlannedCall) -> Answer:
        """One call, from StartSyncExecution to its answer."""
        started = time.monotonic()
        execution = self._step_functions.start_sync_execution(
            stateMachineArn=self._workflow_of(planned.input["tags"]),
            input=json.dumps(planned.input),
        )
        return read_answer(planned, execution, time.monotonic() - started)

    def run(
        self,
        calls: Sequence[PlannedCall],
        *,
        callers: int,
        speed: float,
        on_answer: Callable[[Answer], None],
    ) -> list[Answer]:
        """All calls; each starts no earlier than it arrived, divided by ``speed``.

        Stops starting new ones when the caller is interrupted.
        """
        started = time.monotonic()

        def at_its_time(planned: PlannedCall) -> Answer | None:
            wait = started + planned.after_seconds / speed - time.monotonic()
            if self._ended.wait(max(0.0, wait)):
                return None
            answer = self.call(planned)
            on_answer(answer)
            return answer

        with ThreadPoolExecutor(callers, thread_name_prefix="caller") as pool:
            try:
                answers = list(pool.map(at_its_time, calls))
            except BaseException:
                self._ended.set()
                raise
        return [answer for answer in answers if answer is not None]


def replay_on(stage: Stage, connections: int) -> Replay:
    """Each caller starts the workflow of its own, so many of them at once."""
    config, deployment = stage.config, stage.operator.deployment
    return Replay(
        stage.cloud.client("stepfunctions", connections=connections),
        lambda tags: deployment.guarded_invocation_arn(config.caller_of(tags)),
    )
