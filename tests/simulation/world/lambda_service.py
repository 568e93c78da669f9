"""Lambda: environments that are used again, time limits, second deliveries, sudden ends."""

from collections.abc import Callable
from typing import Any

from cost_sentry.domain.errors import CostSentryError
from tests.simulation.audit import broken
from tests.simulation.audit.broken import BrokenPromise
from tests.simulation.world import deployment_facts, latencies
from tests.simulation.world.environment import Environment
from tests.simulation.world.faults import Faults
from tests.simulation.world.functions import HANDLERS
from tests.simulation.world.scheduler import Promise, Scheduler, Task, TaskKilled


class FunctionFailed(Exception):  # noqa: N818 - named as what the workflow hears
    """An invocation ended without a result; ``name`` is the error that callers match."""

    def __init__(self, name: str, message: str = "") -> None:
        super().__init__(f"{name}: {message}")
        self.name = name


class LambdaService:
    """Args:
    scheduler: runs each invocation as a task of its own.
    new_environment: of a function, for when all others are busy.
    faults: what goes wrong.
    trace: is told how invocations end, if anybody listens.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        new_environment: Callable[[str], Environment],
        faults: Faults,
        trace: Callable[[str], None] | None = None,
    ) -> None:
        self._scheduler = scheduler
        self._new_environment = new_environment
        self._faults = faults
        self._trace = trace
        self._idle: dict[str, list[Environment]] = {}
        self._runs: dict[str, int] = {}

    def invoke(self, function: str, event: Any, by: str) -> Promise:
        """The result of ``function``; its error is a ``FunctionFailed``."""
        answer, faults = self._scheduler.promise(), self._faults
        random = self._scheduler.current.random
        if faults.strike("refused_invocation", random):
            error = FunctionFailed("Lambda.TooManyRequestsException")
            self._scheduler.after(latencies.MILLISECOND, lambda: answer.keep(error=error))
            return answer
        if faults.strike("duplicate", random):
            later = int(random.random() * latencies.LAMBDA_DUPLICATE_MAX)
            self._run(function, event, f"{by}/{function}/again", later, self._scheduler.promise())
        low, high = latencies.LAMBDA_INVOKE
        begin = low + int(random.random() * (high - low))
        heard = answer
        if faults.strike("lost_invocation", random):
            heard = self._scheduler.promise()
            lost = FunctionFailed("Lambda.SdkClientException")
            gone = int(random.random() * latencies.SECOND)
            self._scheduler.after(gone, lambda: answer.keep(error=lost))
        self._run(function, event, f"{by}/{function}", begin, heard)
        return answer

    def _run(self, function: str, event: Any, name: str, delay: int, answer: Promise) -> None:
        run = self._runs[name] = self._runs.get(name, 0) + 1
        idle = self._idle.setdefault(function, [])
        environment = idle.pop() if idle else self._new_environment(function)
        invocation = f"{name} {run}"
        environment.invocation = invocation
        task = self._scheduler.spawn(
            invocation, lambda: HANDLERS[function](environment, event), delay
        )
        seconds = deployment_facts.function_timeouts_seconds()[function]
        out_of_time = FunctionFailed("Sandbox.Timedout", f"after {seconds} seconds")

        def time_is_up() -> None:
            if not task.is_over:
                environment.client.die()
                self._scheduler.kill(task)
                answer.keep(error=out_of_time)

        def ended(of: Task) -> None:
            self._end(of, environment, idle, answer)

        task.on_end.append(ended)
        self._scheduler.after(delay + seconds * latencies.SECOND, time_is_up)

    def _end(
        self, task: Task, environment: Environment, idle: list[Environment], answer: Promise
    ) -> None:
        if isinstance(task.error, TaskKilled):
            environment.client.die()
            answer.keep(error=FunctionFailed("Lambda.Unknown", "the process ended"))
        else:
            idle.append(environment)
            if task.error is None:
                answer.keep(task.result)
            else:
                self._check_is_fault(task)
                name = type(task.error).__name__
                answer.keep(error=FunctionFailed(name, str(task.error)))
        if self._trace is not None:
            ended = "done" if task.error is None else type(task.error).__name__
            self._trace(f"{task.name}: ends, {ended}")

    def _check_is_fault(self, task: Task) -> None:
        if not isinstance(task.error, CostSentryError):
            detail = f"{task.name} ends with {task.error!r}"
            self._scheduler.failure = BrokenPromise(broken.NO_BUG, detail)

    def forget_environments(self) -> None:
        """Every later invocation starts in a new process."""
        self._idle.clear()
