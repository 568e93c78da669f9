"""Step Functions: walks through the real definition, with its retries, catches and time limits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import CodeType
from typing import Any

from tests.simulation.world import latencies
from tests.simulation.world.faults import Faults
from tests.simulation.world.lambda_service import FunctionFailed
from tests.simulation.world.scheduler import Promise, Scheduler, TaskKilled

TIMED_OUT = "States.Timeout"
State = Mapping[str, Any]
TaskStart = Callable[["Execution", State], Promise]
"""Begins what a task state asks for."""


@dataclass(slots=True, kw_only=True)
class Execution:
    """One run of the state machine: what its states hand on."""

    id: str
    request: Any
    at: str = ""
    decision: str = ""
    path: str | None = None
    ticket: Any = None
    sentry: Any = None
    response: Any = None
    error: str = ""
    triedAgain: bool = False  # noqa: N815 - as the definition's conditions name it
    again: Any = None
    """What the next attempt must know."""
    wake: str | None = None
    waitSeconds: int | None = None  # noqa: N815 - likewise
    waited: int = 0
    """Seconds, of all waits together."""
    started_at: int = 0
    output: Any = None
    is_failed: bool = False


class StepFunctions:
    """Args:
    scheduler: an execution runs in the task that starts it.
    definition: the state machine.
    tasks: what begins each task state, by its name.
    faults: what goes wrong.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        definition: State,
        tasks: Mapping[str, TaskStart],
        faults: Faults,
    ) -> None:
        self._scheduler = scheduler
        self._definition = definition
        self._states: Mapping[str, State] = definition["States"]
        self._tasks = tasks
        self._faults = faults
        unknown = {n for n, s in self._states.items() if s["Type"] == "Task"} - tasks.keys()
        assert not unknown, f"nobody knows how to begin {unknown}"

    def run(self, execution: Execution) -> Execution:
        """From ``StartAt`` to an end; at most once, and it may die on the way."""
        execution.at = self._definition["StartAt"]
        execution.started_at = self._scheduler.now
        while True:
            if self._faults.strike("dead_execution", self._scheduler.current.random, 0.25):
                raise TaskKilled
            state = self._states[execution.at]
            following = getattr(self, f"_{state['Type'].lower()}")(execution, state)
            if following is None:
                return execution
            execution.at = following

    def time_limit(self) -> int:
        """Of a whole execution, in microseconds."""
        return int(self._definition["TimeoutSeconds"]) * latencies.SECOND

    def _choice(self, execution: Execution, state: State) -> str:
        for choice in state["Choices"]:
            if is_true(choice["Condition"], execution):
                return str(choice["Next"])
        return str(state["Default"])

    def _wait(self, execution: Execution, state: State) -> str:
        seconds = execution.waitSeconds
        assert seconds is not None and seconds > 0, execution  # noqa: PT018
        self._scheduler.sleep(seconds * latencies.SECOND)
        execution.waited += seconds
        return str(state["Next"])

    def _succeed(self, execution: Execution, _state: State) -> None:
        execution.output = execution.sentry

    def _fail(self, execution: Execution, _state: State) -> None:
        execution.is_failed = True

    def _task(self, execution: Execution, state: State) -> str | None:
        try:
            result = self._retried(execution, state)
        except FunctionFailed as error:
            execution.error = error.name
            caught = _first(state.get("Catch", ()), error.name)
            if caught is None:
                execution.is_failed = True
                return None
            _clear(execution, caught.get("Output"))
            return str(caught["Next"])
        _take(execution, result, state)
        return None if state.get("End") else str(state["Next"])

    def _retried(self, execution: Execution, state: State) -> Any:
        tries: dict[int, int] = {}
        while True:
            try:
                return self._once(execution, state)
            except FunctionFailed as error:
                rule = _first(state.get("Retry", ()), error.name)
                used = tries.get(id(rule), 0)
                if rule is None or used >= rule["MaxAttempts"]:
                    raise
                tries[id(rule)] = used + 1
                longest = rule["IntervalSeconds"] * rule["BackoffRate"] ** used
                wait = self._scheduler.current.random.random() * longest * latencies.SECOND
            self._scheduler.sleep(int(wait))

    def _once(self, execution: Execution, state: State) -> Any:
        started = self._tasks[execution.at](execution, state)
        limit = state["TimeoutSeconds"] * latencies.SECOND
        late = FunctionFailed(TIMED_OUT)
        self._scheduler.after(limit, lambda: started.keep(error=late))
        return started.wait()


def _take(execution: Execution, result: Any, state: State) -> None:
    """What the state's ``Assign`` and ``Output`` keep of its result."""
    kept = {**state.get("Assign", {}), **_members(state.get("Output"))}
    if isinstance(result, Mapping) and "triedAgain" in result:
        execution.triedAgain, execution.again = result["triedAgain"], result["again"]
    _clear(execution, state.get("Output"))
    for name in ("ticket", "sentry", "decision", "path", "response", "wake", "waitSeconds"):
        if name in kept:
            literal = "{%" not in str(kept[name])
            taken = kept[name] if literal else result
            is_member = isinstance(result, Mapping) and name in result and not literal
            setattr(execution, name, result[name] if is_member else taken)
    if state.get("End"):
        execution.output = result


def _clear(execution: Execution, output: Any) -> None:
    """An order that was given is not given again."""
    if "'wake': null" in str(output):
        execution.wake = None


def _members(output: Any) -> Mapping[str, Any]:
    return output if isinstance(output, Mapping) else {}


def _first(rules: Any, error: str) -> State | None:
    """The first rule that names this error; ``States.ALL`` names every one."""
    for rule in rules:
        if error in rule["ErrorEquals"] or "States.ALL" in rule["ErrorEquals"]:
            return rule  # type: ignore[no-any-return]
    return None


@cache
def _code(condition: str) -> CodeType:
    """The few words of JSONata that the definition's conditions use, as Python."""
    text = condition.removeprefix("{%").removesuffix("%}").strip()
    for jsonata, python in (
        ("$states.input.", "state."),
        ("$sentry.replayed", "state.sentry['replayed']"),
        (" != null", " is not None"),
        (" = true", " is True"),
        (" = ", " == "),
    ):
        text = text.replace(jsonata, python)
    return compile(text, condition, "eval")


def is_true(condition: str, execution: Execution) -> bool:
    """Whether a choice's condition holds."""
    return bool(eval(_code(condition), {"__builtins__": {}}, {"state": execution}))  # noqa: S307
