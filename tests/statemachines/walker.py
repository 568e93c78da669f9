"""Runs a JSONata state machine with functions in place of its tasks, in milliseconds.

Knows what ``statemachines/`` uses: Task, Choice, Pass, Wait, Succeed, Fail; Arguments, Assign,
Output; Retry, Catch and Wait without waiting. A task that waits for a token is given one, and ends
as its function does. Anything else is an error here, so that nothing is skipped.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import jsonata

PAYLOAD_BYTES_MAX = 262_144
NOT_CAUGHT_BY_ALL = ("States.DataLimitExceeded", "States.Runtime")
KNOWN_FIELDS = frozenset(
    [
        "Type",
        "Comment",
        "Resource",
        "Arguments",
        "Assign",
        "Output",
        "Retry",
        "Catch",
        "Next",
        "End",
        "Choices",
        "Default",
        "Error",
        "Cause",
        "TimeoutSeconds",
        "Seconds",
        "Timestamp",
    ]
)

Task = Callable[[Any], Any]
"""Takes the state's Arguments (of a function: its Payload), returns the result or raises."""


class TaskFailed(Exception):  # noqa: N818 - the workflow's word for it
    """How a task fails: as Step Functions sees it."""

    def __init__(self, error: str, cause: str | None = None) -> None:
        self.error, self.cause = error, cause
        super().__init__(f"{error}: {cause}")

    def output(self) -> dict[str, str]:
        """``$states.errorOutput``."""
        return {"Error": self.error} | ({} if self.cause is None else {"Cause": self.cause})


@dataclass(kw_only=True)
class Walk:
    """One execution: what StartSyncExecution would answer, and how it went there."""

    status: str = "RUNNING"
    output: Any = None
    error: str | None = None
    cause: str | None = None
    visited: list[str] = field(default_factory=list)
    attempts: dict[str, int] = field(default_factory=dict)
    time_limits: dict[str, list[Any]] = field(default_factory=dict)
    """In seconds, of each attempt of a task that has one."""
    variables: dict[str, Any] = field(default_factory=dict)
    largest_bytes: int = 0
    input: Any = None
    started_at: str = ""
    waited_until: list[datetime] = field(default_factory=list)
    waited_seconds: list[float] = field(default_factory=list)


def walk(
    machine: Mapping[str, Any],
    execution_input: Any,
    tasks: Mapping[str, Task],
    started_at: str = "2026-11-21T12:00:00.000Z",
) -> Walk:
    """Run from StartAt to an end; a failure of the machine is a status, as in AWS."""
    run = Walk(input=execution_input, started_at=started_at)
    name, data = machine["StartAt"], execution_input
    try:
        while name is not None:
            run.visited.append(name)
            name, data = _step(machine["States"][name], name, data, run, tasks)
            run.largest_bytes = max(run.largest_bytes, _checked_size(data))
    except TaskFailed as failed:
        run.status, run.error, run.cause = "FAILED", failed.error, failed.cause
        return run
    run.status, run.output = "SUCCEEDED", data
    return run


def _step(
    state: Mapping[str, Any], name: str, data: Any, run: Walk, tasks: Mapping[str, Task]
) -> tuple[str | None, Any]:
    unknown = state.keys() - KNOWN_FIELDS
    assert not unknown, f"the walker does not know {sorted(unknown)} of {name!r}"
    execution = {
        "Id": "arn:execution:e-1",
        "Name": "e-1",
        "Input": run.input,
        "StartTime": run.started_at,
    }
    machine = {"Id": "arn:stateMachine:CostSentry-dev_search", "Name": "CostSentry-dev_search"}
    token = {"Token": f"token {len(run.visited)}"}
    context = {"Execution": execution, "StateMachine": machine, "Task": token}
    states = {"input": data, "context": context}
    match state["Type"]:
        case "Task":
            return _task(state, name, states, run, tasks[name])
        case "Choice":
            for choice in state["Choices"]:
                if evaluate(choice["Condition"], states, run.variables) is True:
                    return choice["Next"], data
            return state["Default"], data
        case "Wait":
            if "Seconds" in state:
                seconds = evaluate(state["Seconds"], states, run.variables)
                assert seconds > 0, name
                run.waited_seconds.append(seconds)
                return state["Next"], _leave(state, states, run, default=data)
            until = evaluate(state["Timestamp"], states, run.variables)
            run.waited_until.append(datetime.fromisoformat(until))
            return state["Next"], data
        case "Pass" | "Succeed":
            return state.get("Next"), _leave(state, states, run, default=data)
        case "Fail":
            error = evaluate(state["Error"], states, run.variables)
            cause = evaluate(state["Cause"], states, run.variables)
            assert isinstance(error, str), name
            assert isinstance(cause, str), name
            raise TaskFailed(error, cause)
    raise AssertionError(f"the walker does not know type {state['Type']}")


def _task(
    state: Mapping[str, Any], name: str, states: dict[str, Any], run: Walk, task: Task
) -> tuple[str | None, Any]:
    retried = [0] * len(state.get("Retry", ()))
    while True:
        run.attempts[name] = run.attempts.get(name, 0) + 1
        try:
            arguments = evaluate(state["Arguments"], states, run.variables)
            if "TimeoutSeconds" in state:
                limit = evaluate(state["TimeoutSeconds"], states, run.variables)
                run.time_limits.setdefault(name, []).append(limit)
            _checked_size(arguments)
            states = states | {"result": _call(state["Resource"], arguments, task)}
            return state.get("Next"), _leave(state, states, run, default=states["result"])
        except TaskFailed as failed:
            if not _may_retry(state, failed, retried):
                return _catch(state, states, failed, run)


def _call(resource: str, arguments: Any, task: Task) -> Any:
    if resource.endswith(":lambda:invoke.waitForTaskToken"):
        return _through_json(task(_through_json(arguments["Payload"])))
    if not resource.endswith(":lambda:invoke"):
        return _through_json(task(arguments))
    answer = _through_json(task(_through_json(arguments["Payload"])))
    return {"Payload": answer, "StatusCode": 200, "ExecutedVersion": "$LATEST"}


def _may_retry(state: Mapping[str, Any], failed: TaskFailed, retried: list[int]) -> bool:
    for number, rule in enumerate(state.get("Retry", ())):
        if _matches(rule, failed):
            retried[number] += 1
            return retried[number] <= int(rule.get("MaxAttempts", 3))
    return False


def _catch(
    state: Mapping[str, Any], states: dict[str, Any], failed: TaskFailed, run: Walk
) -> tuple[str | None, Any]:
    for rule in state.get("Catch", ()):
        if _matches(rule, failed):
            states = states | {"errorOutput": failed.output()}
            return rule["Next"], _leave(rule, states, run, default=failed.output())
    raise failed


def _matches(rule: Mapping[str, Any], failed: TaskFailed) -> bool:
    names = rule["ErrorEquals"]
    return failed.error in names or (
        "States.ALL" in names and failed.error not in NOT_CAUGHT_BY_ALL
    )


def _leave(state: Mapping[str, Any], states: dict[str, Any], run: Walk, default: Any) -> Any:
    """Output and Assign both see the variables as they were before this state."""
    output = evaluate(state["Output"], states, run.variables) if "Output" in state else default
    assigned = evaluate(state.get("Assign", {}), states, run.variables)
    run.variables |= assigned
    return output


def evaluate(template: Any, states: Mapping[str, Any], variables: Mapping[str, Any]) -> Any:
    """A template with every ``{% … %}`` in it replaced; an undefined one is an error, as in AWS."""
    if isinstance(template, dict):
        return {key: evaluate(value, states, variables) for key, value in template.items()}
    if isinstance(template, list):
        return [evaluate(value, states, variables) for value in template]
    if not isinstance(template, str) or not template.startswith("{%"):
        return template
    text = template[2:-2].strip()
    null = jsonata.utils.Utils.NULL_VALUE
    bound = {n: null if v is None else v for n, v in variables.items()} | {"states": states}
    try:
        value = _expression(text).evaluate(None, bound)
        if value is None and not _expression(f"$exists({text})").evaluate(None, bound):
            raise TaskFailed("States.QueryEvaluationError", f"undefined: {text}")
    except jsonata.jexception.JException as error:
        raise TaskFailed("States.QueryEvaluationError", f"{error}: {text}") from error
    return _through_json(value)


def _expression(text: str) -> jsonata.Jsonata:
    expression = jsonata.Jsonata(text)
    expression.register_lambda("parse", json.loads)  # Step Functions' own, in place of $eval
    return expression


def _through_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _checked_size(data: Any) -> int:
    size = len(json.dumps(data).encode())
    if size > PAYLOAD_BYTES_MAX:
        raise TaskFailed("States.DataLimitExceeded", f"{size} bytes")
    return size
