"""The machine guarded_invocation, run with canned tasks that remember what they were given."""

import json
import pathlib
from typing import Any

from tests.statemachines.walker import Task, TaskFailed, Walk, walk

DEFINITION = pathlib.Path(__file__).parents[2] / "statemachines" / "guarded_invocation.asl.json"
MACHINE = json.loads(DEFINITION.read_text())
REQUEST = {
    "modelId": "m.large",
    "messages": [{"role": "user", "content": [{"text": "the secret prompt"}]}],
    "tags": {"team": "search"},
}
SENTRY = {
    "requestId": "r-1",
    "decision": "ALLOW",
    "status": "PENDING",
    "costUsd": None,
    "replayed": False,
}
TICKET = {
    "record": {"quote_picodollars": "9007199254740993"},
    "budgets": [{"id": "a"}],
    "note": None,
}


def admission(**changed: Any) -> dict[str, Any]:
    return {
        "decision": "ALLOW",
        "path": "DIRECT",
        "arguments": {"ModelId": "m.large", "InferenceConfig": {"MaxTokens": 64}},
        "ticket": TICKET,
        "sentry": SENTRY,
    } | changed


class Calls:
    """Tasks that succeed unless told otherwise, and remember what they were given."""

    def __init__(self, **replaced: Task) -> None:
        self.given: dict[str, list[Any]] = {}
        self._tasks: dict[str, Task] = {
            "Admit request": lambda _: admission(),
            "Invoke model": lambda _: {"Output": {"Message": {"Role": "assistant"}}, "Usage": {}},
            "Invoke model with bytes": lambda _: {"response": {"output": {}, "usage": {}}},
            "Settle reservation": lambda p: {
                "output": {"message": {}},
                "sentry": p["sentry"] | {"status": "SETTLED", "costUsd": "0.01"},
            },
            "Void reservation": lambda p: {
                "error": p["error"]["Error"],
                "message": p["error"]["Cause"],
                "sentry": p["sentry"] | {"status": "VOIDED", "costUsd": "0.00"},
                "triedAgain": False,
            },
            "Admit request again": lambda _: admission(),
            "Note fault": lambda _: {"unnoted": None},
            "Wake endpoint": lambda _: None,
        }
        self._tasks |= {name.replace("_", " "): task for name, task in replaced.items()}

    def run(self, request: Any = None) -> Walk:
        tasks = {name: self._recorded(name) for name in self._tasks}
        return walk(MACHINE, REQUEST if request is None else request, tasks)

    def _recorded(self, name: str) -> Task:
        def call(payload: Any) -> Any:
            self.given.setdefault(name, []).append(payload)
            return self._tasks[name](payload)

        return call


def failing(error: str, cause: str | None = None, times: int = 1000) -> Task:
    left = [times]

    def call(payload: Any) -> Any:
        left[0] -= 1
        if left[0] >= 0:
            raise TaskFailed(error, cause)
        return Calls()._tasks["Settle reservation"](payload)

    return call


def python_error(name: str, message: str) -> tuple[str, str]:
    cause = {"errorMessage": message, "errorType": name, "stackTrace": ["  File secret.py"]}
    return name, json.dumps(cause)
