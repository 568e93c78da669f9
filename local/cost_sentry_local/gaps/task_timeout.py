"""Step Functions: a task's `TimeoutSeconds` counts what AWS would count.

docs.aws.amazon.com/step-functions/latest/dg/state-task.html. The emulator has the limit; here it
does not run while the call waits for one of this machine's few Lambda workers. Work under way is
left behind, not stopped, as in the emulator.
"""

import contextvars
import threading
from typing import Any

from ministack.services import stepfunctions

from cost_sentry_local.gaps.waiting_time import Stopwatch, current_stopwatch


def close() -> None:
    """Replace the emulator's wait for a task."""
    stepfunctions._invoke_resource_with_timeout = _invoke_within


def _invoke_within(resource: str, data: Any, limit_seconds: float) -> Any:
    task = _Task(resource, data)
    if not task.done_within(limit_seconds):
        cause = f"Task timed out after {limit_seconds} seconds"
        raise stepfunctions._ExecutionError("States.Timeout", cause)
    if task.error is not None:
        raise task.error
    return task.result


class _Task:
    """One call in a thread of its own, with the caller's account and region."""

    def __init__(self, resource: str, data: Any) -> None:
        self.result: Any = None
        self.error: BaseException | None = None
        self._stopwatch = Stopwatch()
        self._done = threading.Event()
        context = contextvars.copy_context()
        context.run(current_stopwatch.set, self._stopwatch)
        run = (self._run, resource, data)
        threading.Thread(target=context.run, args=run, daemon=True, name="task").start()

    def done_within(self, limit_seconds: float) -> bool:
        """Wait until the task is done, or has worked for longer than it may."""
        while (left := limit_seconds - self._stopwatch.seconds()) > 0:
            if self._done.wait(left):
                return True
        return self._done.is_set()

    def _run(self, resource: str, data: Any) -> None:
        try:
            self.result = stepfunctions._invoke_resource(resource, data)
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            self.error = error
        finally:
            self._done.set()
